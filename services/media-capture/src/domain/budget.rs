//! What the disk's free share allows. Filming goes before the photos, and the photos before the sale.

/// Shares of the disk, in thousandths.
const PRUNE_BELOW: u64 = 150;
const PHOTO_ONLY_BELOW: u64 = 50;
const REFUSE_BELOW: u64 = 10;
/// Whatever the share is: room for the clips that run and the store's next commits.
const FREE_BYTES_MIN: u64 = 64 * 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Budget {
    Ample,
    /// Film that may go early, goes now.
    Prune,
    /// New sales are photographed and not filmed.
    PhotoOnly,
    /// New sales get no evidence at all.
    Refuse,
}

/// `cap` is what the evidence may take of the disk; 0 = no more than the disk has.
pub fn of(free: u64, total: u64, used: u64, cap: u64) -> Budget {
    let (free, total) = match cap {
        0 => (free, total),
        cap => (free.min(cap.saturating_sub(used)), total.min(cap)),
    };
    let permille = free.saturating_mul(1000).checked_div(total).unwrap_or(0);
    match permille {
        _ if free < FREE_BYTES_MIN => Budget::Refuse,
        permille if permille < REFUSE_BELOW => Budget::Refuse,
        permille if permille < PHOTO_ONLY_BELOW => Budget::PhotoOnly,
        permille if permille < PRUNE_BELOW => Budget::Prune,
        _ => Budget::Ample,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1 << 30;

    #[test]
    fn the_disk_s_free_share_decides() {
        for (free_permille, want) in [
            (150, Budget::Ample),
            (149, Budget::Prune),
            (50, Budget::Prune),
            (49, Budget::PhotoOnly),
            (10, Budget::PhotoOnly),
            (9, Budget::Refuse),
            (0, Budget::Refuse),
        ] {
            assert_eq!(of(100 * GB * free_permille / 1000, 100 * GB, 0, 0), want, "{free_permille} ‰");
        }
        assert_eq!(of(63 << 20, 100 << 20, 0, 0), Budget::Refuse, "a small disk keeps its last room");
    }

    #[test]
    fn a_cap_counts_as_if_the_disk_were_no_larger() {
        assert_eq!(of(500 * GB, 1000 * GB, 0, 10 * GB), Budget::Ample);
        assert_eq!(of(500 * GB, 1000 * GB, 9 * GB, 10 * GB), Budget::Prune);
        assert_eq!(of(500 * GB, 1000 * GB, 12 * GB, 10 * GB), Budget::Refuse);
    }
}
