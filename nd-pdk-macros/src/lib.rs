//! The attribute macro of `nd-pdk`, which re-exports it: depend on that crate, not on this one.

mod block;
mod expand;
mod generated;
mod mistake;
mod parse;
mod repair;
mod suggest;
mod validate;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Exports the methods of a capability's trait, exactly those written in the `impl` block.
///
/// The trait is a required capability (`Scrobbler`, `Lyrics`, `SonicSimilarity`), the combined trait of a capability in
/// which every method is optional (`MetadataAgent`, `TaskWorker`, `Lifecycle`, `SchedulerCallback`, `WebSocketCallback`), or
/// the trait of a single such method (`ArtistBiographyProvider`). The server looks at which exports a plugin has, so a
/// method that keeps its default body is not exported.
///
/// The plugin type must implement `Default`: a new value is made for every call. What the attribute writes names
/// `::nd_pdk`, so the crate must be depended on under that name.
///
/// ```
/// use nd_pdk::metadata::{ArtistBiographyResponse, ArtistRequest, Error, MetadataAgent};
///
/// #[derive(Default)]
/// struct Biographies;
///
/// #[nd_pdk::export]
/// impl MetadataAgent for Biographies {
///     fn get_artist_biography(&self, req: ArtistRequest) -> Result<Option<ArtistBiographyResponse>, Error> {
///         if req.mbid.is_empty() {
///             return Ok(None);
///         }
///         Ok(Some(ArtistBiographyResponse { biography: format!("{} made music.", req.name) }))
///     }
/// }
/// ```
///
/// The attribute leaves the block as it is and adds for each method a function with the name of the export. In wasm it
/// leaves the module, elsewhere [`nd_pdk::testing::call_export`] can call it:
///
/// ```
/// # use nd_pdk::metadata::{ArtistBiographyResponse, ArtistRequest, Error, MetadataAgent};
/// # #[derive(Default)]
/// # struct Biographies;
/// # impl MetadataAgent for Biographies {}
/// #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
/// pub extern "C" fn nd_get_artist_biography() -> i32 {
///     nd_pdk::runtime::export(<Biographies as MetadataAgent>::get_artist_biography)
/// }
/// ```
///
/// [`nd_pdk::testing::call_export`]: https://docs.rs/nd-pdk/latest/nd_pdk/testing/fn.call_export.html
#[proc_macro_attribute]
pub fn export(arguments: TokenStream, item: TokenStream) -> TokenStream {
    attribute(arguments.into(), item.into()).into()
}

/// Parses, checks and expands; on mistakes the item comes back beside them, so that they stay the only messages.
fn attribute(
    arguments: proc_macro2::TokenStream,
    item: proc_macro2::TokenStream,
) -> proc_macro2::TokenStream {
    let (block, mistakes) = match parse::parse(arguments, item) {
        Ok(parsed) => parsed,
        Err(refused) => return refused.into_tokens(),
    };
    match validate::validate(&block, mistakes) {
        Ok(exports) => expand::expand(&block, &exports),
        Err(mistakes) => repair::repair(block, &mistakes),
    }
}
