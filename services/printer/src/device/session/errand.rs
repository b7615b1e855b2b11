//! Orders between papers: journaled with who and why, then sent, never repeated.

use tokio::io::AsyncWriteExt as _;

use super::{Ended, Session};
use crate::device::command;
use crate::device::link::PrinterLink;
use crate::device::order::{Order, Refusal};
use crate::domain::condition::Condition;
use crate::domain::operation::Action;
use crate::drawing::page::LINE_PITCH;
use crate::profile::Cut;

impl<L: PrinterLink + Sync> Session<'_, L> {
    pub(super) async fn run_errand(&mut self, order: Order) -> Result<(), Ended> {
        // A caller who waited too long got "busy"; a drawer that opens after that would surprise them.
        if order.reply.is_closed() {
            return Ok(());
        }
        if self.in_flight.is_some() || self.memory.is_writing() {
            order.refuse(Refusal::Busy);
            return Ok(());
        }
        if self.condition() != Condition::Ready {
            order.refuse(Refusal::Offline);
            return Ok(());
        }
        let Some((bytes, dots)) = self.errand_bytes(order.operation.action) else {
            order.refuse(Refusal::NotBuiltIn);
            return Ok(());
        };
        let paper_um = super::flight::micrometres(dots, self.identity.model.dpi);
        let moment = self.station.journal.moment();
        let (request, operation) = (order.request, order.operation);
        let journaled = self
            .station
            .journal
            .write("operate", move |store| store.operate(&request, &operation, paper_um, moment))
            .await;
        let done = match journaled {
            Ok(done) if done.is_new => {
                self.writer.write_all(&bytes).await?;
                Ok(done.time)
            }
            Ok(done) => Ok(done.time),
            Err(error) => Err(error.into()),
        };
        // The caller may be gone; the journal knows.
        let _ = order.reply.send(done);
        Ok(())
    }

    /// The bytes, and the dots of paper they use.
    fn errand_bytes(&self, action: Action) -> Option<(Vec<u8>, usize)> {
        let model = &self.identity.model;
        let to_cutter = usize::from(command::LINES_TO_CUTTER) * LINE_PITCH;
        Some(match action {
            Action::KickDrawer { pin, on_ms, off_ms } => (command::drawer(pin, on_ms, off_ms).to_vec(), 0),
            Action::Cut if model.cut == Cut::None => return None,
            Action::Cut => (command::cut(model.cut), to_cutter),
            Action::Feed { lines } => (command::feed(lines), usize::from(lines) * LINE_PITCH),
            Action::Beep { times } => (command::beep(model.beeper, times)?, 0),
            Action::RollChange => return None,
        })
    }
}
