//! What a till does, over gRPC: enrol, sell, release, take cash.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use chit_proto::checkout::v1 as proto;
use chit_proto::money::v1::Money;
use proto::payer_service_client::PayerServiceClient;
use proto::sale_service_client::SaleServiceClient;
use tonic::{Code, Status};

use crate::far::World;
use crate::shop::{Line, Shop};

const PATIENCE: Duration = Duration::from_secs(60);

/// A payer with a card, a phone and a code.
#[derive(Clone, Debug)]
pub struct Payer {
    pub id: String,
    pub phone: String,
    /// What the QR code says.
    pub code: Vec<u8>,
    pub card: Vec<String>,
}

#[derive(Clone)]
pub struct Counter {
    pub sales: SaleServiceClient<Line>,
    pub payers: PayerServiceClient<Line>,
    pub world: World,
    approval: proto::Approval,
}

pub fn new_id() -> String {
    ulid::Ulid::generate().to_string()
}

impl Counter {
    pub fn at(shop: &Shop) -> anyhow::Result<Self> {
        let channel = shop.connect()?;
        Ok(Self {
            sales: SaleServiceClient::new(channel.clone()),
            payers: PayerServiceClient::new(channel),
            world: shop.world.clone(),
            approval: shop.approval()?,
        })
    }

    /// The payer is PENDING: papers are out, the first challenge comes with the schedule.
    pub async fn enrol(&mut self, name: &str, phone: &str, language: &str) -> anyhow::Result<Payer> {
        let request = proto::EnrolPayerRequest {
            request_id: new_id(),
            name: name.into(),
            phone: phone.into(),
            language: language.into(),
            consent: true,
            approval: Some(self.approval.clone()),
            card_serial: String::new(),
        };
        let payer = self.payers.enrol_payer(request).await?.into_inner().payer.context("enrolled nobody")?;
        let begin = Instant::now();
        let card = loop {
            if let Some(card) = self.world.printer.card(&payer.payer_id) {
                break card;
            }
            anyhow::ensure!(begin.elapsed() < PATIENCE, "no card is printed");
            tokio::time::sleep(Duration::from_millis(1)).await;
        };
        let code = read_qr(Path::new(&payer.code_png_path))?;
        Ok(Payer { id: payer.payer_id, phone: phone.into(), code, card })
    }

    /// A sale with goods in it, before the payer shows the code.
    pub async fn basket(&mut self, total_minor: i64) -> Result<String, Status> {
        let request = proto::StartSaleRequest { request_id: new_id(), lane: String::new() };
        let sale = self.sales.start_sale(request).await?.into_inner().sale.unwrap_or_default();
        let line = |description: &str, total_minor| proto::BasketLine {
            gtin: String::new(),
            description: description.into(),
            quantity_milli: 1_000,
            unit_price_minor: total_minor,
            total_minor,
        };
        let cheap = total_minor / 3;
        let request = proto::SetBasketRequest {
            request_id: new_id(),
            sale_id: sale.sale_id.clone(),
            lines: vec![line("大米 rice 5 kg", total_minor - cheap), line("tea", cheap)],
            total: Some(Money { amount_minor: total_minor, currency_code: "CNY".into() }),
            ..Default::default()
        };
        self.sales.set_basket(request).await?;
        Ok(sale.sale_id)
    }

    /// From the payer's code to the answer of the commit.
    pub async fn commit(&mut self, sale_id: &str, payer: &Payer) -> Result<proto::Sale, Status> {
        let request = proto::PresentPayerRequest {
            request_id: new_id(),
            sale_id: sale_id.into(),
            code: payer.code.clone(),
            engine: "handheld".into(),
        };
        self.sales.present_payer(request).await?;
        let request =
            proto::ConfirmPersonRequest { request_id: new_id(), sale_id: sale_id.into(), same_person: true };
        self.sales.confirm_person(request).await?;
        let request =
            proto::CommitSaleRequest { request_id: new_id(), sale_id: sale_id.into(), ..Default::default() };
        // The ledger's answer may take longer than checkout waits for it; the same request asks for it again.
        let begin = Instant::now();
        loop {
            match self.sales.commit_sale(request.clone()).await {
                Err(status) if status.code() == Code::Unavailable && begin.elapsed() < PATIENCE => {}
                answer => return Ok(answer?.into_inner().sale.unwrap_or_default()),
            }
        }
    }

    /// Sells, and tells how long it took from the payer's code to the last byte of the receipt.
    pub async fn sell(&mut self, payer: &Payer, total_minor: i64) -> anyhow::Result<(String, Duration)> {
        let sale_id = self.basket(total_minor).await?;
        let printed = self.world.printer.when_printed(&sale_id);
        let begin = Instant::now();
        self.commit(&sale_id, payer).await?;
        let last_byte = tokio::time::timeout(PATIENCE, printed).await.context("no receipt")??;
        Ok((sale_id, last_byte.duration_since(begin)))
    }

    /// The payer leaves, the evidence is sealed, and the ledger has it: the sale is QUEUED.
    pub async fn release(&mut self, sale_id: &str) -> anyhow::Result<()> {
        let sealed = self.world.ledger.lock().expect("the books are whole").when_sealed(sale_id);
        let request = || proto::ReleaseSaleRequest { request_id: new_id(), sale_id: sale_id.into() };
        // Bytes are out before checkout knows that they are on paper; and the next sale of the till may have released it.
        self.until_ready(|mut counter| async move {
            let released = counter.sales.release_sale(request()).await.map(|_| ());
            match released {
                Err(_) if counter.has_left(sale_id).await? => Ok(()),
                released => released,
            }
        })
        .await?;
        tokio::time::timeout(PATIENCE, sealed).await.context("not sealed")??;
        Ok(())
    }

    async fn has_left(&mut self, sale_id: &str) -> Result<bool, Status> {
        use proto::SaleState::{Committed, Draft, PayerOk, Printing};
        let request = proto::GetSaleRequest { sale_id: sale_id.into() };
        let sale = self.sales.get_sale(request).await?.into_inner().sale.unwrap_or_default();
        Ok(!matches!(sale.state(), Draft | PayerOk | Committed | Printing))
    }

    /// Ends a QUEUED sale, so that an empty shop stays empty.
    pub async fn take_cash(&mut self, sale_id: &str) -> anyhow::Result<()> {
        let request = || proto::RecordOtherPaymentRequest {
            request_id: new_id(),
            sale_id: sale_id.into(),
            amount: None,
            approval: Some(self.approval.clone()),
        };
        self.until_ready(|mut counter| async move {
            counter.sales.record_other_payment(request()).await.map(|_| ())
        })
        .await
    }

    /// Asks again while the sale is not that far.
    async fn until_ready<Fut>(&self, call: impl Fn(Self) -> Fut) -> anyhow::Result<()>
    where
        Fut: Future<Output = Result<(), Status>>,
    {
        let begin = Instant::now();
        loop {
            match call(self.clone()).await {
                Ok(()) => return Ok(()),
                Err(status) if status.code() == Code::FailedPrecondition && begin.elapsed() < PATIENCE => {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                Err(status) => bail!("{status}"),
            }
        }
    }
}

/// The first row that this text asks for.
pub fn row_asked(text: &str) -> Option<usize> {
    let number = |after: &str| {
        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    text.split_once("row ")
        .and_then(|(_, after)| number(after))
        .or_else(|| text.split('第').skip(1).find_map(|after| number(after).filter(|_| after.contains('行'))))
}

fn read_qr(file: &Path) -> anyhow::Result<Vec<u8>> {
    let picture = std::fs::File::open(file).with_context(|| file.display().to_string())?;
    let mut reader = png::Decoder::new(std::io::BufReader::new(picture));
    reader.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = reader.read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().context("the picture is too large")?];
    let info = reader.next_frame(&mut pixels)?;
    let samples = info.color_type.samples();
    let dark = |x: usize, y: usize| pixels[y * info.line_size + x * samples] < 128;
    let symbol = modules(info.width as usize, dark).context("no QR code in the payer's picture")?;
    let mut text = Vec::new();
    rqrr::Grid::new(symbol).decode_to(&mut text)?;
    Ok(text)
}

/// The picture was drawn, not taken: its modules are squares from the first dark corner on. A reader that searches for a symbol
/// misses one of some thousands.
fn modules(width: usize, dark: impl Fn(usize, usize) -> bool) -> Option<rqrr::SimpleGrid> {
    const FINDER_MODULES: usize = 7;
    let edge = (0..width).find(|at| dark(*at, *at))?;
    let finder = (edge..width).find(|x| !dark(*x, edge))? - edge;
    let pixels = finder / FINDER_MODULES;
    let middle = |module: usize| edge + module * pixels + pixels / 2;
    let side = (width - 2 * edge).checked_div(pixels)?;
    Some(rqrr::SimpleGrid::from_func(side, |x, y| dark(middle(x), middle(y))))
}
