//! wasmtime's derives, deriving nothing. The host's contract types say in one place how they look as a component's and
//! as JSON; where they are built without wasmtime, for a browser, the former has nobody to speak to.

use proc_macro::TokenStream;

/// In the place of `wasmtime::component::ComponentType`.
#[proc_macro_derive(ComponentType, attributes(component))]
pub fn component_type(_: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// In the place of `wasmtime::component::Lift`.
#[proc_macro_derive(Lift)]
pub fn lift(_: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// In the place of `wasmtime::component::Lower`.
#[proc_macro_derive(Lower)]
pub fn lower(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
