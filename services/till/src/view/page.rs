//! Which page is shown, and the parts of it that change.

/// Which page is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    Sale,
    SaleOf(String),
    Office,
    Enquiry,
    Batches,
    /// With what is searched for.
    Payers(String),
    PayerOf(String),
    People,
    SignIn,
}

impl Page {
    pub fn name(&self) -> String {
        match self {
            Self::Sale => "sale".to_owned(),
            Self::SaleOf(sale_id) => format!("sale:{sale_id}"),
            Self::Office => "office".to_owned(),
            Self::Enquiry => "enquiry".to_owned(),
            Self::Batches => "batches".to_owned(),
            Self::Payers(query) => format!("payers:{query}"),
            Self::PayerOf(payer_id) => format!("payer:{payer_id}"),
            Self::People => "people".to_owned(),
            Self::SignIn => "signin".to_owned(),
        }
    }

    pub fn parse(name: &str) -> Self {
        match name {
            "office" => Self::Office,
            "enquiry" => Self::Enquiry,
            "batches" => Self::Batches,
            "people" => Self::People,
            // Alone like the sign-in page: nothing on it changes.
            "signin" | "pin" => Self::SignIn,
            _ => match name.split_once(':') {
                Some(("sale", sale_id)) => Self::SaleOf(sale_id.to_owned()),
                Some(("payers", query)) => Self::Payers(query.to_owned()),
                Some(("payer", payer_id)) => Self::PayerOf(payer_id.to_owned()),
                _ => Self::Sale,
            },
        }
    }
}

/// A part of a page: its element's id and its HTML.
pub type Region = (&'static str, String);
