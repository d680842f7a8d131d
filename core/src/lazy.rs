//! Code that may stand in a file of its own and come when it is first needed (docs/adr/0007).
//!
//! [`lazy_fn!`](crate::lazy_fn) names the file. Only the release build of the app is split (`--features split`); everywhere else the code is
//! in the one file, and waiting for it takes no time.

/// The file with the code did not load. Asking again loads it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotLoaded;

#[cfg(feature = "split")]
impl From<wasm_split_helpers::SplitLoaderError> for NotLoaded {
    fn from(_: wasm_split_helpers::SplitLoaderError) -> NotLoaded {
        NotLoaded
    }
}

/// `lazy_fn!(FILE, fn NAME(ARGUMENTS) -> VALUE { BODY })`: an async function that gives `Result<VALUE, NotLoaded>`, whose body and everything
/// that only it uses are in the file FILE of the split build. Functions that name the same file share it. The package that uses it has the
/// feature `split`, and with it the crate `wasm_split_helpers`.
#[macro_export]
macro_rules! lazy_fn {
    ($file:ident, $seen:vis fn $name:ident($($argument:ident: $kind:ty),* $(,)?) -> $value:ty $body:block) => {
        #[cfg(feature = "split")]
        #[wasm_split_helpers::wasm_split($file, fallible)]
        $seen fn $name($($argument: $kind),*) -> Result<$value, $crate::lazy::NotLoaded> {
            Ok($body)
        }
        #[cfg(not(feature = "split"))]
        $seen async fn $name($($argument: $kind),*) -> Result<$value, $crate::lazy::NotLoaded> {
            Ok($body)
        }
    };
}
