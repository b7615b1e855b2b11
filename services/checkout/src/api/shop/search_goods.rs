use std::sync::Arc;

use chit_proto::checkout::v1::{CatalogueItem, SearchGoodsRequest, SearchGoodsResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::context::Shop;
use crate::sale::goods;
use crate::values::reason::Reason;
use crate::values::refusal::Refusal;

const LIMIT: u32 = 12;
const LIMIT_MAX: u32 = 50;
const QUERY_CHARS_MAX: usize = 64;

pub async fn handle(shop: &Arc<Shop>, call: Call<SearchGoodsRequest>) -> Result<SearchGoodsResponse, Status> {
    let request = call.body;
    if request.query.chars().count() > QUERY_CHARS_MAX {
        return Err(Refusal::field("query", Reason::QUERY_TOO_LONG, "give at most 64 characters").into());
    }
    let limit = if request.limit == 0 { LIMIT } else { request.limit };
    if limit > LIMIT_MAX {
        return Err(Refusal::field("limit", Reason::LIMIT_INVALID, "give 1 to 50, or 0 for 12").into());
    }
    let query = request.query.to_lowercase();
    let found = shop.catalogue.iter().filter(|item| matches(item, &query));
    Ok(SearchGoodsResponse {
        items: found.take(usize::try_from(limit).unwrap_or(usize::MAX)).map(item).collect(),
    })
}

/// Every word is the beginning of the GTIN or somewhere in the name.
fn matches(item: &goods::CatalogueItem, query: &str) -> bool {
    let name = item.description.to_lowercase();
    query.split_whitespace().all(|word| item.gtin.starts_with(word) || name.contains(word))
}

fn item(item: &goods::CatalogueItem) -> CatalogueItem {
    CatalogueItem {
        gtin: item.gtin.clone(),
        description: item.description.clone(),
        unit_price_minor: item.unit_price_minor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_looked_for_in_name_and_number() {
        let noodles = goods::CatalogueItem {
            gtin: "6920000012343".into(),
            description: "康师傅 Beef Noodles".into(),
            unit_price_minor: 450,
        };
        for found in ["", "noodles BEEF".to_lowercase().as_str(), "康师傅", "69200", "beef 692"] {
            assert!(matches(&noodles, found), "{found}");
        }
        for missed in ["rice", "beef rice", "12343"] {
            assert!(!matches(&noodles, missed), "{missed}");
        }
    }
}
