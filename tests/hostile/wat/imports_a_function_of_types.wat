;; Imports a function with the name of the only allowed import.
(component
  (import "swaparoo:policy/types@1.0.0" (instance
    (export "now" (func (result u64)))))
  (instance $rules)
  (export "swaparoo:policy/rules@1.0.0" (instance $rules)))
