//! HTML of the page. Regions that the event stream replaces have an id of their own; what a person types in is outside them.

mod parts;

use maud::{DOCTYPE, Markup, html};

use super::VirtualDesk;
use super::scene::Scene;
use super::words::Lang;
use crate::house::GOODS;

pub fn document(desk: &VirtualDesk, lang: Lang, scene: &Scene) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (lang.t("title")) " · Chit" }
                link rel="stylesheet" href="/assets/chit.css";
                link rel="stylesheet" href="/assets/desk.css";
                link rel="icon" href="data:,";
                script src="/assets/desk.js" defer {}
            }
            body.desk data-link="up" {
                div #link role="status" { p { "! " (lang.t("link-down")) } }
                (bar(desk, lang))
                div #notice role="alert" {}
                (parts::guide(desk, lang, scene))
                main #stage {
                    (phone_column(lang, scene))
                    (paper_column(lang, scene))
                    (shop_column(desk, lang, scene))
                }
                (drawer(lang))
            }
        }
    }
}

/// Every region with its id.
pub fn regions(desk: &VirtualDesk, lang: Lang, scene: &Scene) -> Vec<(&'static str, Markup)> {
    vec![
        ("guide", parts::guide(desk, lang, scene)),
        ("phones", parts::phones(lang, scene)),
        ("phone", parts::phone(lang, scene)),
        ("thread", parts::thread(lang, scene)),
        ("drawer-handle", parts::drawer_handle(lang, scene)),
        ("papers", parts::papers(lang, scene)),
        ("faults", parts::faults(lang, scene)),
        ("money", parts::money(lang, scene)),
        ("clock", parts::clock(desk, lang)),
    ]
}

pub fn notice(lang: Lang, reason: &str) -> Markup {
    html! {
        div.notice.bad data-reason=(reason) {
            span.mark aria-hidden="true" { "!" }
            p { (lang.refusal(reason)) }
            button.button.quiet type="button" data-close="notice" { (lang.t("close")) }
        }
    }
}

fn bar(desk: &VirtualDesk, lang: Lang) -> Markup {
    html! {
        header #bar {
            span.brand { "Chit" }
            h1 { (lang.t("title")) }
            span.chip.practice { (lang.t("practice")) }
            div.news {
                a.button #open-till href=(desk.till_url) target="_blank" rel="noopener" { (lang.t("till-link")) " ↗" }
                @for other in Lang::ALL.into_iter().filter(|other| *other != lang) {
                    a.button.quiet href={ "/?lang=" (other.tag()) } id={ "language-" (other.tag()) } lang=(other.tag()) {
                        (other.name())
                    }
                }
            }
        }
    }
}

fn phone_column(lang: Lang, scene: &Scene) -> Markup {
    html! {
        section.column aria-labelledby="phone-title" {
            h2 #phone-title { (lang.t("phone")) }
            (parts::phones(lang, scene))
            div.handset {
                (parts::phone(lang, scene))
                (parts::thread(lang, scene))
                form.reply.row data-post action="/reply" data-clear method="post" autocomplete="off" {
                    input #reply name="text" maxlength="70" required aria-label=(lang.t("reply-label"))
                        placeholder=(lang.t("reply-hint"));
                    button.button.primary #send { (lang.t("send")) }
                }
            }
            details.card #enrolment open[scene.person().is_none()] {
                summary { (lang.t("enrol-title")) }
                form data-post action="/enrol" data-fold method="post" autocomplete="off" {
                    label for="enrol-name" { (lang.t("enrol-name")) }
                    input #enrol-name name="name" maxlength="80" required;
                    label for="enrol-phone" { (lang.t("enrol-phone")) }
                    input #enrol-phone name="phone" type="tel" inputmode="tel" maxlength="20" required placeholder="13800001234";
                    p.muted { (lang.t("enrol-night")) }
                    button.button.primary #enrol { (lang.t("enrol")) }
                }
            }
        }
    }
}

fn paper_column(lang: Lang, scene: &Scene) -> Markup {
    html! {
        section.column aria-labelledby="papers-title" {
            h2 #papers-title { (lang.t("papers")) }
            (parts::drawer_handle(lang, scene))
            (parts::papers(lang, scene))
        }
    }
}

fn shop_column(desk: &VirtualDesk, lang: Lang, scene: &Scene) -> Markup {
    html! {
        section.column.shop aria-labelledby="camera-title" {
            h2 #camera-title { (lang.t("camera")) }
            figure.live {
                img #camera-view src="/camera.jpg" alt=(lang.t("camera-alt"));
                figcaption #camera-blind hidden { (lang.t("camera-blind")) }
            }
            section.card aria-labelledby="goods-title" {
                h2 #goods-title { (lang.t("goods")) }
                div.goods-list {
                    @for (at, (gtin, description, price)) in GOODS.iter().enumerate() {
                        form data-post action="/scan-goods" method="post" {
                            input type="hidden" name="gtin" value=(gtin);
                            button.button.goods-button id={ "goods-" (at) } {
                                span { (description) } span.muted { (parts::yuan(*price)) }
                            }
                        }
                    }
                }
            }
            (parts::money(lang, scene))
            (parts::faults(lang, scene))
            section.card {
                (parts::clock(desk, lang))
                form data-post action="/advance" method="post" {
                    button.button #advance { (lang.t("advance")) }
                }
            }
            section.card aria-labelledby="pins-title" {
                h2 #pins-title { (lang.t("pins")) }
                dl.pins {
                    @for (name, role, pin) in desk.desk.pins.all() {
                        dt { (name) " " small.muted { (role) } }
                        dd.mono id={ "pin-" (name) } { (pin) }
                    }
                }
            }
        }
    }
}

fn drawer(lang: Lang) -> Markup {
    html! {
        dialog #drawer aria-labelledby="drawer-title" {
            div.row {
                h2 #drawer-title { (lang.t("drawer-title")) }
                button.button type="button" #close-drawer data-close="drawer" { (lang.t("close")) }
            }
            img #card-picture alt=(lang.t("card-alt"));
        }
    }
}
