//! `chit sms modem`: the SMS terminals of this PC.

use chit_proto::sms_gateway::v1::{AcceptSimRequest, ListModemsRequest, ResetModemRequest};
use clap::Subcommand;

use crate::failure::Failure;
use crate::shop::{Shop, ask};
use crate::view;

#[derive(Subcommand, Debug)]
pub enum ModemCommand {
    /// Show each modem: state, signal, storage, what waits.
    List,
    /// Restart a modem that hangs.
    Reset {
        /// Its name; may be left out when there is one.
        #[arg(default_value = "")]
        name: String,
    },
    /// Say that the SIM now in a modem is the right one. After a swap nothing is sent until then.
    AcceptSim {
        /// Its name; may be left out when there is one.
        #[arg(default_value = "")]
        name: String,
    },
}

pub async fn run(shop: &Shop, command: ModemCommand) -> Result<(), Failure> {
    let (client, request_id) = (shop.sms(), shop.request_id());
    let done = match command {
        ModemCommand::List => return list(shop).await,
        ModemCommand::Reset { name } => {
            ask!(client.reset_modem(ResetModemRequest { request_id, name })).await?;
            "the modem is being restarted; see `chit sms modem list`"
        }
        ModemCommand::AcceptSim { name } => {
            ask!(client.accept_sim(AcceptSimRequest { request_id, name })).await?;
            "this SIM is the right one from now on"
        }
    };
    shop.output.result(done, &serde_json::json!({}));
    Ok(())
}

async fn list(shop: &Shop) -> Result<(), Failure> {
    let client = shop.sms();
    let modems = ask!(client.list_modems(ListModemsRequest {})).await?.modems;
    let text: String = modems.iter().map(|modem| view::modem_text(modem, &shop.shared.time_zone)).collect();
    let value = modems.iter().map(view::modem_json).collect::<Vec<_>>();
    shop.output.result(text, &serde_json::json!({ "modems": value }));
    Ok(())
}
