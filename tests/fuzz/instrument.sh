#!/bin/sh
# Wraps rustc for the workspace's own crates (RUSTC_WORKSPACE_WRAPPER): instruments them so that libFuzzer sees their
# branches and comparisons. The dependencies are not built again; `cargo fuzz` would instrument them too, including all of
# wasmtime.
case " $* " in
*" --crate-name swaparoo "* | *" --crate-name swaparoo_placement "* | *" --crate-name fuzz_"*)
    set -- "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
        -Cllvm-args=-sanitizer-coverage-trace-compares --cfg=fuzzing
    ;;
esac
# With lints, as in `cargo xtask nightly`, the fuzz targets are linted here, too.
case " $* " in
*" --crate-name fuzz_"*) exec ${SWAPAROO_LINT:-} "$@" ;;
esac
exec "$@"
