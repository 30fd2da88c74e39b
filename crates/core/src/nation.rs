//! The four nations. Law, clocks and bank holidays differ by nation (SPEC 0, engineering rule 1).

crate::code_list! {
    /// A nation of the United Kingdom (SPEC 4.2 `nation`).
    pub enum Nation {
        /// England.
        England = "england",
        /// Wales.
        Wales = "wales",
        /// Scotland.
        Scotland = "scotland",
        /// Northern Ireland.
        NorthernIreland = "northern_ireland",
    }
}

impl Nation {
    /// Its name in English.
    pub const fn name(self) -> &'static str {
        match self {
            Self::England => "England",
            Self::Wales => "Wales",
            Self::Scotland => "Scotland",
            Self::NorthernIreland => "Northern Ireland",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code as _;

    #[test]
    fn each_nation_is_called_by_its_name() {
        let names: Vec<&str> = Nation::ALL.iter().map(|nation| nation.name()).collect();
        assert_eq!(names, ["England", "Wales", "Scotland", "Northern Ireland"]);
    }
}
