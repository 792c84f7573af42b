;; The same as ref_test.wat, but it first loads and describes itself; the code that ends the process is in `next-step`.
(component
  (core module $m
    (type $t (sub (func)))
    (type $u (sub $t (func)))
    (func $g (type $u))
    (elem declare func $g)
    (func (export "f") (result i32) i32.const 0)
    (func (export "next") (result i32) (ref.test (ref $t) (ref.func $g))))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (func $next (result u32) (canon lift (core func $i "next")))
  (instance $rules (export "describe" (func $f)) (export "next-step" (func $next)))
  (export "swaparoo:policy/rules@1.0.0" (instance $rules)))
