//! The bar at the top: the current page, what waits (which is normal), what does not work, who is signed in.

use chit_proto::checkout::v1::{GetStatusResponse, StaffRole};
use maud::{Markup, html};

use super::page::Page;
use super::{Reader, chip};
use crate::scene::Scene;
use crate::words::Lang;

pub fn bar(reader: &Reader, page: &Page, scene: &Scene) -> Markup {
    let sale = matches!(page, Page::Sale | Page::SaleOf(_));
    let payers = matches!(page, Page::Payers(_) | Page::PayerOf(_));
    html! {
        header #bar {
            a.brand href="/" { "Chit" }
            nav aria-label=(reader.t("nav-label")) {
                (link(reader, "/", "nav-sale", "sale", sale))
                (link(reader, "/office", "nav-office", "office", *page == Page::Office))
                (link(reader, "/enquiry", "nav-enquiry", "enquiry", *page == Page::Enquiry))
                (link(reader, "/payers", "nav-payers", "payers", payers))
                (link(reader, "/people", "nav-people", "people", *page == Page::People))
            }
            div.news role="status" {
                @if let Some(status) = &scene.status { (news(reader, status)) }
            }
            (languages(reader))
            @if let Some((name, role)) = &reader.staff {
                form.action data-post action="/signout" method="post" {
                    button.button.quiet.who #act-sign-out data-act="sign-out" title=(reader.t("sign-out")) {
                        span.name { (name) }
                        small { (role_name(reader, *role)) " · " (reader.t("sign-out")) }
                    }
                }
            }
        }
    }
}

fn link(reader: &Reader, to: &str, words: &str, name: &str, here: bool) -> Markup {
    html! {
        a id={ "nav-" (name) } data-act={ "go-" (name) } href=(to) aria-current=[here.then_some("page")] {
            (reader.t(words))
        }
    }
}

/// Working without a network is what Chit is for: waiting deductions are news, no alarm.
fn news(reader: &Reader, status: &GetStatusResponse) -> Markup {
    let waiting = status.deductions_waiting;
    let oldest = reader.ago(status.oldest_waiting_time.as_ref());
    html! {
        @if status.sandbox { span.chip.practice { (reader.t("bar-practice")) } }
        a.waiting #bar-waiting href="/office" data-waiting=(waiting) {
            @if waiting == 0 {
                (reader.t("bar-nothing-waits"))
            } @else {
                (reader.with("bar-waiting", &[("count", waiting.into())]))
                " · " (reader.with("bar-oldest", &[("age", oldest.into())]))
            }
        }
        @for device in status.devices.iter().filter(|device| !device.ok) {
            a.trouble href="/office#devices" data-device=(device.name) {
                (chip("bad", &format!("{} {}", reader.code("device", &device.name), reader.code("condition", &device.state))))
            }
        }
    }
}

pub fn languages(reader: &Reader) -> Markup {
    html! {
        form.action.languages data-post action="/language" method="post" aria-label=(reader.t("language-label")) {
            @for lang in Lang::ALL.into_iter().filter(|lang| *lang != reader.lang) {
                button.button.quiet id={ "act-language-" (lang.tag()) } data-act="language" name="lang" value=(lang.tag())
                    lang=(lang.tag()) { (lang.name()) }
            }
        }
    }
}

pub fn role_name(reader: &Reader, role: StaffRole) -> String {
    reader.code("role", role.as_str_name().trim_start_matches("STAFF_ROLE_"))
}
