;; A start function that would take seconds for all its fuel: each `ref.func` costs one unit, and asks the host. It is no
;; policy by itself; tests put it into one.
(component
  (core module $m
    (func $nothing)
    (elem declare func $nothing)
    (func $start
      (loop $again
        (drop (ref.func $nothing)) (drop (ref.func $nothing)) (drop (ref.func $nothing)) (drop (ref.func $nothing))
        (drop (ref.func $nothing)) (drop (ref.func $nothing)) (drop (ref.func $nothing)) (drop (ref.func $nothing))
        (drop (ref.func $nothing)) (drop (ref.func $nothing)) (drop (ref.func $nothing)) (drop (ref.func $nothing))
        (drop (ref.func $nothing)) (drop (ref.func $nothing)) (drop (ref.func $nothing)) (drop (ref.func $nothing))
        (br $again)))
    (start $start))
  (core instance (instantiate $m)))
