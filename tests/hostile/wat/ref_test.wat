;; Tests at its start whether a function has the supertype of another one. This ends the process of a wasmtime in the
;; range of RUSTSEC-2026-0570, unless the proposal is off.
(component
  (core module $m
    (type $t (sub (func)))
    (type $u (sub $t (func)))
    (func $g (type $u))
    (elem declare func $g)
    (func $asks (result i32) (ref.test (ref $t) (ref.func $g)))
    (func $start (drop (call $asks)))
    (start $start)
    (func (export "f") (result i32) i32.const 0))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (instance $rules (export "describe" (func $f)) (export "next-step" (func $f)))
  (export "swaparoo:policy/rules@1.0.0" (instance $rules)))
