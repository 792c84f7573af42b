;; Two components with one memory each, as tools compose them: at every start, a text of the second one is copied to the
;; memory of the first one. It is not a policy; tests put it into one.
(component
  (component $A
    (core module $m
      (memory (export "memory") 1)
      (func (export "f") (param i32 i32) (if (i32.ne (local.get 1) (i32.const 5)) (then unreachable)))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 64))
    (core instance $i (instantiate $m))
    (alias core export $i "memory" (core memory $mem))
    (alias core export $i "realloc" (core func $re))
    (func (export "f") (param "s" string) (canon lift (core func $i "f") (memory $mem) (realloc $re))))
  (component $B
    (import "f" (func $f (param "s" string)))
    (core module $l (memory (export "memory") 1) (data (i32.const 8) "hello"))
    (core instance $li (instantiate $l))
    (alias core export $li "memory" (core memory $mem))
    (core func $lf (canon lower (func $f) (memory $mem)))
    (core module $m
      (import "" "f" (func $f (param i32 i32)))
      (func $start (call $f (i32.const 8) (i32.const 5)))
      (start $start))
    (core instance (instantiate $m (with "" (instance (export "f" (func $lf)))))))
  (instance $a (instantiate $A))
  (instance $b (instantiate $B (with "f" (func $a "f")))))
