;; The same as ref_test.wat, with a call through a table: the called function's type is a subtype of the named one.
(component
  (core module $m
    (type $t (sub (func)))
    (type $u (sub $t (func)))
    (func $g (type $u))
    (table 1 funcref)
    (elem (i32.const 0) $g)
    (func $start (call_indirect (type $t) (i32.const 0)))
    (start $start)
    (func (export "f") (result i32) i32.const 0))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (instance $rules (export "describe" (func $f)) (export "next-step" (func $f)))
  (export "swaparoo:policy/rules@1.0.0" (instance $rules)))
