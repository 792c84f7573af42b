;; The same as ref_test.wat, with a cast.
(component
  (core module $m
    (type $t (sub (func)))
    (type $u (sub $t (func)))
    (func $g (type $u))
    (elem declare func $g)
    (func $start (drop (ref.cast (ref $t) (ref.func $g))))
    (start $start)
    (func (export "f") (result i32) i32.const 0))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (instance $rules (export "describe" (func $f)) (export "next-step" (func $f)))
  (export "swaparoo:policy/rules@1.0.0" (instance $rules)))
