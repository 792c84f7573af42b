#!/bin/sh
# Wraps rustc for the workspace's own crates (RUSTC_WORKSPACE_WRAPPER): lints a crate with clippy, then compiles it.
# `cargo clippy` would check all dependencies again, which are compiled anyway. clippy-driver alone also compiles, but not
# the code that is shipped.
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
    # The lint's output files are discarded, and its messages are printed for people, not for cargo.
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
