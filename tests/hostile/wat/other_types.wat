;; Exports the rules by name, with a function of another type.
(component
  (core module $m (func (export "f") (result i32) i32.const 0))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (instance $rules (export "describe" (func $f)) (export "next-step" (func $f)))
  (export "swaparoo:policy/rules@1.0.0" (instance $rules)))
