//! The holdings that a history shows.

use crate::authority::{entries, same_allocations};
use crate::contract::{Allocation, Effect, Exchange, Reply};
use crate::describe;

/// The holdings that a history shows.
#[derive(Debug, Clone, Copy)]
pub struct HistoryHoldings<'a>(&'a [Exchange]);

impl<'a> HistoryHoldings<'a> {
    pub fn shown_by(history: &'a [Exchange]) -> Self {
        Self(history)
    }

    /// The consumer's allocations after the last read, or after the last write that Placement confirmed; none if there
    /// is neither. A write without an answer shows nothing until the next read.
    pub fn last(&self, consumer: &str) -> Option<&'a [Allocation]> {
        self.0.iter().rev().find_map(|exchange| shown_allocations(exchange, consumer))
    }

    /// The allocations that writes gave the consumer, if they were or may have been done.
    pub fn given(&self, consumer: &str) -> impl Iterator<Item = &'a [Allocation]> {
        let maybe_done = |exchange: &&Exchange| {
            // An answer that is not from Placement shows nothing, with any status.
            match &exchange.reply {
                Reply::Written | Reply::Lost(_) | Reply::Foreign(_) => true,
                Reply::Refused(refusal) => refusal.status >= 500,
                _ => false,
            }
        };
        self.0.iter().filter(maybe_done).filter_map(move |exchange| written(&exchange.effect, consumer))
    }

    pub fn holds(&self, consumer: &str, allocations: &[Allocation]) -> Result<(), String> {
        match self.last(consumer) {
            Some(last) if !last.is_empty() && same_allocations(last, allocations) => Ok(()),
            last => Err(format!(
                "it says that {consumer} holds {}, but it {}",
                describe::allocations(allocations),
                describe_last(last)
            )),
        }
    }

    pub fn is_holding(&self, consumer: &str) -> Result<(), String> {
        match self.last(consumer) {
            Some(last) if !last.is_empty() => Ok(()),
            last => Err(format!("it says that {consumer} holds something, but it {}", describe_last(last))),
        }
    }

    pub fn is_empty(&self, consumer: &str) -> Result<(), String> {
        match self.last(consumer) {
            Some([]) => Ok(()),
            last => Err(format!("it says that {consumer} holds nothing, but it {}", describe_last(last))),
        }
    }

    /// The consumer is not known to hold anything.
    pub fn is_not_holding(&self, consumer: &str) -> Result<(), String> {
        self.last(consumer).map_or(Ok(()), |_| self.is_empty(consumer))
    }

    pub fn holds_nothing_of(&self, consumer: &str, node: &str) -> Result<(), String> {
        match self.last(consumer) {
            Some(last) if last.iter().all(|allocation| allocation.provider != node) => Ok(()),
            last => Err(format!("it says that {consumer} holds nothing of {node}, but it {}", describe_last(last))),
        }
    }

    /// The consumer held these allocations at some read, even if they have changed later.
    pub fn has_shown(&self, consumer: &str, allocations: &[Allocation]) -> Result<(), String> {
        let mut read = self.0.iter().filter_map(|exchange| read(exchange, consumer));
        if !allocations.is_empty() && read.any(|read| same_allocations(read, allocations)) {
            return Ok(());
        }
        Err(format!("{consumer} was never seen to hold {}", describe::allocations(allocations)))
    }
}

fn shown_allocations<'a>(exchange: &'a Exchange, consumer: &str) -> Option<&'a [Allocation]> {
    match exchange.reply {
        Reply::Written => written(&exchange.effect, consumer),
        _ => read(exchange, consumer),
    }
}

fn read<'a>(exchange: &'a Exchange, consumer: &str) -> Option<&'a [Allocation]> {
    match (&exchange.effect, &exchange.reply) {
        (Effect::GetAllocations(get), Reply::Holding(holding)) if get.consumer == consumer => {
            Some(&holding.allocations)
        }
        _ => None,
    }
}

fn written<'a>(effect: &'a Effect, consumer: &str) -> Option<&'a [Allocation]> {
    entries(effect).into_iter().find(|entry| entry.consumer == consumer).map(|entry| entry.allocations)
}

fn describe_last(last: Option<&[Allocation]>) -> String {
    match last {
        None => "was neither read nor written".to_owned(),
        Some(last) => format!("last held {}", describe::allocations(last)),
    }
}
