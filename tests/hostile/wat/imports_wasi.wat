;; Imports the environment variables.
(component
  (import "wasi:cli/environment@0.2.3" (instance
    (export "get-environment" (func (result (list (tuple string string)))))))
  (instance $rules)
  (export "swaparoo:policy/rules@1.0.0" (instance $rules)))
