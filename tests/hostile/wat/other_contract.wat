;; Was built for a contract that this host does not support yet.
(component
  (import "swaparoo:policy/types@2.0.0" (instance))
  (instance $rules)
  (export "swaparoo:policy/rules@2.0.0" (instance $rules)))
