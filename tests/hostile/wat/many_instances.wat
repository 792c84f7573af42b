;; Has more core modules with a memory than an instance may have.
(component
  (core module $m (memory 1))
  (core instance (instantiate $m))
  (core instance (instantiate $m))
  (core instance (instantiate $m))
  (core instance (instantiate $m))
  (core instance (instantiate $m))
  (instance $rules)
  (export "swaparoo:policy/rules@1.0.0" (instance $rules)))
