;; Imports a function of the host, with a plain name.
(component
  (import "now" (func (result u64)))
  (instance $rules)
  (export "swaparoo:policy/rules@1.0.0" (instance $rules)))
