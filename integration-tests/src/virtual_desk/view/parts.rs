//! The regions.

use maud::{Markup, html};

use crate::desk::CASHIER;
use crate::virtual_desk::VirtualDesk;
use crate::virtual_desk::scene::{Balance, Fault, Scene};
use crate::virtual_desk::words::Lang;

/// Places of steps in the guide.
const SCANNING: usize = 1;
const SELLING: usize = 2;
const SETTLING: usize = 4;

/// The step to do now is shown in full; the others are numbers with a tick.
pub fn guide(desk: &VirtualDesk, lang: Lang, scene: &Scene) -> Markup {
    let steps = scene.person().map(|person| person.steps).unwrap_or_default();
    let done = [steps.enrolled, steps.scanned, steps.sold, steps.answered, steps.settled];
    let words = ["step-1", "step-2", "step-3", "step-4", "step-5"].map(|key| lang.t(key));
    let now = done.iter().position(|done| !done);
    html! {
        section #guide aria-label=(lang.t("guide")) data-done=(done.iter().filter(|done| **done).count()) {
            h2 { (lang.t("guide")) }
            ol {
                @for (at, done) in done.into_iter().enumerate() {
                    li id={ "step-" (at + 1) } data-done=(done) aria-current=[(now == Some(at)).then_some("step")] {
                        span.mark aria-hidden="true" { @if done { "✓" } @else { (at + 1) } }
                        span.sr-only {
                            (at + 1) " " (if done { lang.t("step-done") } else if now == Some(at) { lang.t("step-now") } else { "" })
                        }
                    }
                }
            }
            p role="status" { @match now { Some(at) => (words[at].replace("%pin", &desk.pin_of(CASHIER))), None => (lang.t("guide-end")) } }
            (guide_act(desk, lang, scene, now))
        }
    }
}

/// What the step needs, where the eye is: on a small screen the button itself may be out of view.
fn guide_act(desk: &VirtualDesk, lang: Lang, scene: &Scene, now: Option<usize>) -> Markup {
    html! {
        div.act {
            @match now {
                Some(SCANNING | SELLING) => a.button href=(desk.till_url) target="_blank" rel="noopener" { (lang.t("till-link")) " ↗" },
                Some(SETTLING) => { (flow(lang, scene)) (press("/settle", "guide-settle", lang.t("settle"))) },
                None => { (flow(lang, scene)) (press("/advance", "guide-advance", lang.t("advance"))) },
                Some(_) => {}
            }
        }
    }
}

fn press(to: &str, id: &str, words: &str) -> Markup {
    html! { form data-post action=(to) method="post" { button.button.primary id=(id) { (words) } } }
}

fn flow(lang: Lang, scene: &Scene) -> Markup {
    let Balance { pending_minor, taken_minor, .. } = balance_of(scene);
    html! {
        span.flow {
            (lang.t("money-pending")) " " strong { (yuan(pending_minor)) } " → "
            (lang.t("money-taken")) " " strong { (yuan(taken_minor)) }
        }
    }
}

/// Every enrolled payer's phone; the one in hand is pressed.
pub fn phones(lang: Lang, scene: &Scene) -> Markup {
    let people: Vec<_> = scene.people().collect();
    let in_hand = scene.person().map(|person| person.payer_id.as_str());
    html! {
        div #phones role="group" aria-label=(lang.t("phones")) data-phones=(people.len()) {
            @if people.len() > 1 {
                @for person in people {
                    form data-post action="/take-up" method="post" {
                        input type="hidden" name="payer_id" value=(person.payer_id);
                        button.button.quiet id={ "phone-" (person.payer_id) } aria-pressed=(in_hand == Some(person.payer_id.as_str())) {
                            (person.name) " " span.muted { "··" (last_digits(&person.phone)) }
                        }
                    }
                }
            }
        }
    }
}

fn last_digits(phone: &str) -> &str {
    phone.get(phone.len().saturating_sub(4)..).unwrap_or_default()
}

pub fn phone(lang: Lang, scene: &Scene) -> Markup {
    let person = scene.person();
    let state = person.map(|person| person.state).unwrap_or_default();
    html! {
        div #phone data-state=(state.as_str_name().trim_start_matches("PAYER_STATE_")) data-held=(scene.held) {
            @match person {
                Some(person) => p.who { strong { (person.name) } " " span.muted { (person.phone) } },
                None => p.muted { (lang.t("nobody")) },
            }
            @match person {
                Some(person) if person.code_png.is_some() && person.is_active() => (code(lang, scene.held, &person.card_serial)),
                Some(_) => p.code-waits.muted { (lang.t("code-waits")) },
                None => {}
            }
        }
    }
}

fn code(lang: Lang, held: bool, of: &str) -> Markup {
    html! {
        img.code #code data-keep src={ "/code.png?of=" (of) } alt=(lang.t("code-alt"));
        div.row {
            form data-post action="/scan-code" method="post" {
                button.button.primary #scan-code { (lang.t("scan-code")) }
            }
            form data-post action="/hold" method="post" {
                input type="hidden" name="on" value=(!held);
                button.button #hold aria-pressed=(held) { (lang.t(if held { "put-away" } else { "hold" })) }
            }
        }
        @if held { p.chip { "● " (lang.t("held")) } }
    }
}

pub fn thread(lang: Lang, scene: &Scene) -> Markup {
    let texts = scene.thread();
    html! {
        ol.thread #thread tabindex="0" aria-label=(lang.t("thread")) aria-live="polite" data-texts=(texts.len()) {
            @if texts.is_empty() { li.none.muted { (lang.t("thread-empty")) } }
            @for text in texts {
                li.(if text.own { "theirs" } else { "ours" }) { (text.text) }
            }
        }
    }
}

pub fn drawer_handle(lang: Lang, scene: &Scene) -> Markup {
    html! {
        div #drawer-handle {
            @match scene.person().and_then(|person| person.card) {
                Some(n) => button.button #open-drawer type="button" data-open="drawer" data-picture={ "/card.png?n=" (n) } {
                    (lang.t("drawer"))
                },
                None => button.button #open-drawer type="button" disabled { (lang.t("drawer-empty")) },
            }
        }
    }
}

pub fn papers(lang: Lang, scene: &Scene) -> Markup {
    html! {
        ol #papers tabindex="0" aria-label=(lang.t("papers")) data-papers=(scene.papers.len()) {
            @if scene.papers.is_empty() { li.none.muted { (lang.t("papers-empty")) } }
            @for n in &scene.papers {
                li {
                    img id={ "paper-" (n) } data-keep src={ "/paper/" (n) ".png" } loading="lazy"
                        alt=(lang.t("paper-alt").replace("%n", &n.to_string()));
                }
            }
        }
    }
}

pub fn faults(lang: Lang, scene: &Scene) -> Markup {
    html! {
        section.card #faults aria-labelledby="faults-title" {
            h2 #faults-title { (lang.t("faults")) }
            div.switches {
                @for fault in Fault::ALL {
                    @let on = scene.faults.contains(&fault);
                    form data-post action="/fault" method="post" {
                        input type="hidden" name="name" value=(fault.name());
                        input type="hidden" name="on" value=(!on);
                        button.button.switch role="switch" id={ "fault-" (fault.name()) } aria-checked=(on) {
                            span { (fault_words(lang, fault)) }
                            strong { (lang.t(if on { "on" } else { "off" })) }
                        }
                    }
                }
            }
        }
    }
}

fn fault_words(lang: Lang, fault: Fault) -> &'static str {
    match fault {
        Fault::PaperOut => lang.t("fault-paper-out"),
        Fault::ModemOff => lang.t("fault-modem-off"),
        Fault::CameraUnplugged => lang.t("fault-camera-unplugged"),
        Fault::WrongReply => lang.t("fault-wrong-reply"),
    }
}

fn balance_of(scene: &Scene) -> Balance {
    scene.person().map(|person| person.balance).unwrap_or_default()
}

pub fn money(lang: Lang, scene: &Scene) -> Markup {
    let balance = balance_of(scene);
    let sale = scene.person().and_then(|person| person.sale.as_ref());
    html! {
        section.card #money aria-labelledby="money-title" data-pending=(balance.pending_minor) data-taken=(balance.taken_minor)
            aria-live="polite" {
            h2 #money-title { (lang.t("money")) }
            @if sale.is_none() {
                p.muted { (lang.t("money-none")) }
            } @else {
                dl.amounts {
                    div { dt { (lang.t("money-pending")) } dd { (yuan(balance.pending_minor)) } }
                    div { dt { (lang.t("money-taken")) } dd { (yuan(balance.taken_minor)) } }
                    @if balance.refunded_minor > 0 {
                        div { dt { (lang.t("money-refunded")) } dd { (yuan(balance.refunded_minor)) } }
                    }
                }
            }
            @if let Some(sale) = sale {
                @let state = sale.state().as_str_name().trim_start_matches("SALE_STATE_");
                p #sale-state data-state=(state) {
                    span.muted { (lang.t("sale")) " " span.mono { (sale.receipt_no) } " · " }
                    (lang.state(state))
                }
            }
            form data-post action="/settle" method="post" {
                button.button #settle { (lang.t("settle")) }
            }
        }
    }
}

pub fn clock(desk: &VirtualDesk, lang: Lang) -> Markup {
    let now = desk.clock.now();
    let shown = desk.zone.to_datetime(now).strftime("%Y-%m-%d %H:%M:%S").to_string();
    html! {
        div #clock {
            h2 { (lang.t("clock")) }
            time.big datetime=(now) { (shown) }
        }
    }
}

/// Minor units as people write them. The demo's currency is CNY.
pub fn yuan(minor: i64) -> String {
    format!("¥{}.{:02}", minor / 100, minor.rem_euclid(100))
}
