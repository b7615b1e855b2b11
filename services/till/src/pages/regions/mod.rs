//! The parts of a page as they are now, for its first look and for the event stream.

mod office;
mod payers;
mod people;

pub use payers::find as find_payer;

use chit_proto::checkout::v1::GetSaleRequest;

use crate::pages::visitor::SignedIn;
use crate::peers::call;
use crate::scene::{Known, Scene};
use crate::till::Till;
use crate::view::{self, Page, Region};

/// All parts of a page as they are now.
pub async fn regions(till: &Till, staff: &SignedIn, page: &Page) -> Vec<Region> {
    let scene = till.scene();
    let mut reader = staff.reader.clone();
    reader.now = till.clock.now();
    let bar = ("bar", view::bar::bar(&reader, page, &scene).into_string());
    match page {
        Page::Sale => vec![bar, ("stage", view::sale::stage(&reader, &scene).into_string())],
        Page::SaleOf(sale_id) => {
            let stage = view::sale::stage_of(&reader, &scene, find(till, &scene, sale_id).await.as_ref());
            vec![bar, ("stage", stage.into_string())]
        }
        Page::Office => {
            let mut all = vec![bar];
            all.extend(office::sections(till, &reader, &scene).await);
            all
        }
        Page::Payers(query) => [bar].into_iter().chain(payers::list(till, &reader, query).await).collect(),
        Page::PayerOf(payer_id) => {
            [bar].into_iter().chain(payers::one(till, &reader, payer_id).await).collect()
        }
        Page::People => [bar].into_iter().chain(people::all(till, &reader, staff).await).collect(),
        Page::Enquiry | Page::Batches | Page::SignIn => vec![bar],
    }
}

async fn find(till: &Till, scene: &Scene, sale_id: &str) -> Option<Known> {
    if let Some(known) = scene.current.as_ref().filter(|known| known.sale.sale_id == sale_id) {
        return Some(known.clone());
    }
    let request = GetSaleRequest { sale_id: sale_id.to_owned() };
    let sale = call!(till.peers.sales.get_sale(request)).await.ok()?.sale?;
    Some(Known { sale, revision: scene.revision })
}
