;; Uses vectors, which rules do not need.
(component
  (core module $m (func (result v128) (v128.const i64x2 0 0)))
  (core instance $i (instantiate $m))
  (instance $rules)
  (export "swaparoo:policy/rules@1.0.0" (instance $rules)))
