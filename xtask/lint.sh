#!/bin/sh
# Stands before rustc for the workspace's own crates (RUSTC_WORKSPACE_WRAPPER): lints a crate with clippy as it is about to
# be compiled, and then compiles it. `cargo clippy` would check all dependencies once more, which are compiled anyway;
# clippy-driver alone compiles, too, but not what is shipped.
rustc=$1
shift
case $rustc in
*/*) clippy=${rustc%/*}/clippy-driver ;;
*) clippy=clippy-driver ;;
esac
case " $* " in
*" --crate-name ___ "* | *" -vV "*) exec "$rustc" "$@" ;;
esac

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
lint() {
    # What is made is thrown away, and said to a person, not to cargo.
    next=
    for argument; do
        shift
        case "$next$argument" in
        --emit=*) set -- "$@" --emit=metadata ;;
        --error-format=* | --json=* | --diagnostic-width=*) ;;
        --out-dir) next=--out-dir= ;;
        --out-dir=*) next= && set -- "$@" --out-dir "$scratch" ;;
        *) set -- "$@" "$argument" ;;
        esac
    done
    "$clippy" "$rustc" "$@" -D warnings
}
lint "$@" && "$rustc" "$@"
