//! `chit sign-in`, `chit sign-out`, `chit pin`: who acts at this terminal.

use std::path::Path;

use chit_proto::checkout::v1::{ChangePinRequest, GetSessionRequest, SignInRequest, SignOutRequest};
use chit_runtime::session::Token;
use clap::Args;
use serde_json::json;

use crate::approval;
use crate::failure::Failure;
use crate::session;
use crate::shop::{Shop, ask};
use crate::view;

#[derive(Args, Debug)]
pub struct SignInArgs {
    /// Your name, as `chit staff list` shows it. The PIN is read from --pin-file, $CHIT_PIN or standard input.
    name: String,
    /// File with the PIN.
    #[arg(long, value_name = "FILE")]
    pin_file: Option<std::path::PathBuf>,
    /// Print the session's token instead of keeping it: a script passes it on in $CHIT_SESSION.
    #[arg(long)]
    print: bool,
}

pub async fn sign_in(shop: &Shop, config: &Path, args: SignInArgs) -> Result<(), Failure> {
    let typed = approval::own(args.name, args.pin_file).await?;
    let staff = shop.staff_unsigned();
    let request = SignInRequest { actor: typed.actor, pin: typed.pin, browser: String::new() };
    let opened = ask!(staff.sign_in(request)).await?;
    let member = opened.member.unwrap_or_default();
    let until = view::local_time(opened.expire_time.as_ref(), &shop.shared.time_zone);
    if args.print {
        let value = json!({ "name": member.name, "session": opened.session_token });
        shop.output.result(&opened.session_token, &value);
        return Ok(());
    }
    Token::new(&opened.session_token)
        .map_err(|error| Failure::other("SESSION_UNREADABLE", error.to_string()))?;
    session::keep(config, &opened.session_token)
        .map_err(|error| Failure::other("SESSION_NOT_KEPT", format!("{error:#}")))?;
    let mut text = format!("{} is signed in until {until}", member.name);
    if member.must_change_pin {
        text.push_str("\nthis is a one-time PIN: choose your own with `chit pin`");
    }
    shop.output.result(text, &json!({ "name": member.name, "must_change_pin": member.must_change_pin }));
    Ok(())
}

pub async fn sign_out(shop: &Shop, config: &Path) -> Result<(), Failure> {
    let staff = shop.staff();
    let ended = ask!(staff.sign_out(SignOutRequest {})).await;
    session::forget(config);
    ended?;
    shop.output.result("signed out", &json!({}));
    Ok(())
}

/// The old PIN first, then the new one.
pub async fn change_pin(shop: &Shop) -> Result<(), Failure> {
    let staff = shop.staff();
    let known = ask!(staff.get_session(GetSessionRequest {})).await?;
    let name = known.member.unwrap_or_default().name;
    let (pin, new_pin) = approval::two_of(name).await?;
    ask!(staff.change_pin(ChangePinRequest { pin: pin.clone(), new_pin: new_pin.clone() })).await?;
    shop.output.result("the PIN is changed", &json!({}));
    Ok(())
}
