//! Questions to a modem whose habits are not known: it may be busy, or say nothing at all to what it does not know.

use super::link::{Link, LinkError, Reply};
use crate::domain::cms;
use crate::domain::final_result::FinalResult;
use std::time::Duration;
use tokio::time::sleep;

/// A modem that reads its SIM can take seconds for a simple setting.
const TIMEOUT: Duration = Duration::from_secs(10);
/// After it, something that not every modem has counts as not there.
const OPTIONAL_TIMEOUT: Duration = Duration::from_secs(3);
const FIRST_ANSWER_TIMEOUT: Duration = Duration::from_millis(800);
/// A modem that was told to be quiet (ATQ1, V.250 §6.2.5) answers the second one only.
const FIRST_QUESTIONS: [&str; 3] = ["AT", "ATQ0V1", "AT"];
/// "Busy" is asked again for four seconds: a SIM that is being read must not look like a missing ability.
const BUSY_TRIES: u32 = 8;
const BUSY_PAUSE: Duration = Duration::from_millis(500);

/// Any final result proves that somebody is there; some modems answer ERROR to a bare AT.
pub async fn first_answer(link: &mut Link) -> Result<(), LinkError> {
    link.escape().await?;
    let mut outcome = Err(LinkError::Timeout);
    for question in FIRST_QUESTIONS {
        outcome = link.command(question, None, FIRST_ANSWER_TIMEOUT).await.map(|_| ());
        if !matches!(outcome, Err(LinkError::Timeout)) {
            break;
        }
    }
    outcome?;
    // An answer to an earlier AT, or to a cancelled prompt, may still be on its way.
    if link.quiet().await? > 0 {
        // One of ours, or does it end every answer twice?
        link.command("AT", None, FIRST_ANSWER_TIMEOUT).await?;
        if link.quiet().await? > 0 {
            link.expect_twins();
        }
    }
    Ok(())
}

/// What every modem knows.
pub async fn ask(link: &mut Link, text: &str, prefix: Option<&'static str>) -> Result<Reply, LinkError> {
    ask_within(link, text, prefix, TIMEOUT).await
}

pub async fn ask_within(
    link: &mut Link,
    text: &str,
    prefix: Option<&'static str>,
    within: Duration,
) -> Result<Reply, LinkError> {
    for _ in 1..BUSY_TRIES {
        let reply = link.command(text, prefix, within).await?;
        if !cms::is_busy(reply.result) {
            return Ok(reply);
        }
        sleep(BUSY_PAUSE).await;
    }
    link.command(text, prefix, within).await
}

/// Where silence must not be taken for not knowing. `None`: no answer, or busy; to be asked again later.
pub async fn ask_for_certain(
    link: &mut Link,
    text: &str,
    prefix: Option<&'static str>,
) -> Result<Option<Reply>, LinkError> {
    match ask_within(link, text, prefix, OPTIONAL_TIMEOUT).await {
        Ok(reply) => Ok((reply.is_ok() || cms::is_lasting_refusal(reply.result)).then_some(reply)),
        Err(LinkError::Timeout) => {
            first_answer(link).await?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// What a modem may not know: no answer is then as good as a refusal, if it still answers to something else.
pub async fn ask_if_known(
    link: &mut Link,
    text: &str,
    prefix: Option<&'static str>,
) -> Result<Reply, LinkError> {
    match ask_within(link, text, prefix, OPTIONAL_TIMEOUT).await {
        Err(LinkError::Timeout) => {
            first_answer(link).await?;
            Ok(Reply { answers: Vec::new(), result: FinalResult::Error, unended: false })
        }
        reply => reply,
    }
}
