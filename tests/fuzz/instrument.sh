#!/bin/sh
# Stands before rustc for the workspace's own crates (RUSTC_WORKSPACE_WRAPPER): what is fuzzed tells libFuzzer which
# branches it takes and what it compares. The dependencies stay as they were built for everything else; `cargo fuzz`,
# which instruments them, too, builds all of wasmtime anew.
case " $* " in
*" --crate-name swaparoo "* | *" --crate-name swaparoo_placement "* | *" --crate-name fuzz_"*)
    set -- "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
        -Cllvm-args=-sanitizer-coverage-trace-compares --cfg=fuzzing
    ;;
esac
# In CI the fuzz targets are linted here, since they are built nowhere else.
case " $* " in
*" --crate-name fuzz_"*) exec ${SWAPAROO_LINT:-} "$@" ;;
esac
exec "$@"
