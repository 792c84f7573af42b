;; Exports the rules by name, without a function in them.
(component
  (instance $rules)
  (export "swaparoo:policy/rules@1.0.0" (instance $rules)))
