//! Holds the documentation of options, for the generator of the schema, which is a test.
//!
//! The addon does not carry these texts: it would grow by some 40 KB.

#[cfg(test)]
pub(crate) use in_tests::Docs;
#[cfg(not(test))]
pub(crate) use in_the_addon::Docs;

#[cfg(test)]
mod in_tests {
    /// Documentation for people and editors.
    #[derive(Clone, Copy)]
    pub(crate) struct Docs {
        pub(crate) description: &'static str,
        /// A phrase for the values, such as "a region".
        pub(crate) values: &'static str,
        /// A phrase for the default, where it is not a constant.
        pub(crate) default: &'static str,
        /// JSON texts.
        pub(crate) examples: &'static [&'static str],
        pub(crate) deprecation: &'static str,
        /// Whether the schema accepts `null`, which counts as not set.
        pub(crate) is_nullable: bool,
    }

    impl Docs {
        pub(crate) const fn new(description: &'static str) -> Self {
            Docs { description, values: "", default: "", examples: &[], deprecation: "", is_nullable: true }
        }

        pub(crate) const fn description_only(self) -> Self {
            Docs::new(self.description)
        }

        pub(crate) const fn values(self, values: &'static str) -> Self {
            Docs { values, ..self }
        }

        pub(crate) const fn default_is(self, default: &'static str) -> Self {
            Docs { default, ..self }
        }

        pub(crate) const fn examples(self, examples: &'static [&'static str]) -> Self {
            Docs { examples, ..self }
        }

        pub(crate) const fn deprecated(self, deprecation: &'static str) -> Self {
            Docs { deprecation, ..self }
        }

        pub(crate) const fn not_null(self) -> Self {
            Docs { is_nullable: false, ..self }
        }
    }
}

#[cfg(not(test))]
mod in_the_addon {
    /// Nothing: see the module.
    #[derive(Clone, Copy)]
    pub(crate) struct Docs;

    impl Docs {
        pub(crate) const fn new(_: &'static str) -> Self {
            Docs
        }

        pub(crate) const fn description_only(self) -> Self {
            self
        }

        pub(crate) const fn values(self, _: &'static str) -> Self {
            self
        }

        pub(crate) const fn default_is(self, _: &'static str) -> Self {
            self
        }

        pub(crate) const fn examples(self, _: &'static [&'static str]) -> Self {
            self
        }

        pub(crate) const fn deprecated(self, _: &'static str) -> Self {
            self
        }

        pub(crate) const fn not_null(self) -> Self {
            self
        }
    }
}
