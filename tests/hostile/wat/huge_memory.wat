;; Starts with 64 MiB of memory.
(component
  (core module $m (memory 1024))
  (core instance $i (instantiate $m))
  (instance $rules)
  (export "swaparoo:policy/rules@1.0.0" (instance $rules)))
