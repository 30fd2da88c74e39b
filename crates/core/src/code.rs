//! Code lists: closed vocabularies with one spelling each.

/// A code that a database column, an API or a file held and that is not on its list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{list} has no code like this")]
pub struct UnknownCode {
    /// Name of the list that was consulted. The value itself is not kept: it may be personal.
    pub list: &'static str,
}

/// A closed vocabulary: every value has one stable snake_case spelling.
pub trait Code: Copy + Eq + Sized + 'static {
    /// Every value, in the order people should meet them.
    const ALL: &'static [Self];
    /// The stable spelling, as in `reference_enums.json`.
    fn code(self) -> &'static str;
    /// Reads a spelling. Errors when it is not on the list.
    fn from_code(code: &str) -> Result<Self, UnknownCode>;
}

/// Declares a code list: an enum with a documented spelling for each value.
///
/// ```
/// use throughline_core::code::Code;
/// throughline_core::code_list! {
///     /// Which nation's rules apply.
///     pub enum Example {
///         /// England.
///         England = "england",
///     }
/// }
/// assert_eq!(Example::from_code("england").unwrap().code(), "england");
/// assert!(Example::from_code("narnia").is_err());
/// ```
#[macro_export]
macro_rules! code_list {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        $vis enum $name { $($(#[$vmeta])* #[serde(rename = $code)] $variant),+ }
        impl $crate::code::Code for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            fn code(self) -> &'static str { match self { $(Self::$variant => $code),+ } }
            fn from_code(code: &str) -> ::std::result::Result<Self, $crate::code::UnknownCode> {
                match code { $($code => Ok(Self::$variant),)+ _ => Err($crate::code::UnknownCode { list: stringify!($name) }) }
            }
        }
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str($crate::code::Code::code(*self))
            }
        }
        impl ::std::str::FromStr for $name {
            type Err = $crate::code::UnknownCode;
            fn from_str(s: &str) -> ::std::result::Result<Self, Self::Err> { <Self as $crate::code::Code>::from_code(s) }
        }
    };
}
