//! Rows and events to bytes.

use core::net::IpAddr;

use names::{ConfigId, Email, Expiry, PoolId};

use crate::command::{Checkout, More};
use crate::identity::Identity;
use crate::row::{
    AssignmentRow, DeskRow, GrantRow, GrantState, Keeping, LoginRow, PoolRow, PoolStanding, QuotaKind,
    QuotaRow, SessionMark, SessionRow, Sharing, Standing, WaiterRow,
};

pub(super) fn put_number(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n as u8) | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

pub(super) fn put_signed(out: &mut Vec<u8>, n: i64) {
    put_number(out, ((n << 1) ^ (n >> 63)).cast_unsigned());
}

pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

pub(super) fn put_pool(out: &mut Vec<u8>, id: &PoolId) {
    put_text(out, id.vendor().as_str());
    put_config(out, id.config());
    put_text(out, id.cpu().as_str());
    put_text(out, id.feature().as_str());
    put_text(out, id.pooling());
}

pub(super) fn put_flag(out: &mut Vec<u8>, flag: bool) {
    out.push(u8::from(flag));
}

pub(super) fn put_option<T>(out: &mut Vec<u8>, value: Option<T>, put: impl FnOnce(&mut Vec<u8>, T)) {
    put_flag(out, value.is_some());
    if let Some(value) = value {
        put(out, value);
    }
}

pub(super) fn put_identity(out: &mut Vec<u8>, who: &Identity) {
    for word in [&who.user, &who.host, &who.display, &who.application, &who.project, &who.platform] {
        put_text(out, word.as_str());
    }
    put_number(out, u64::from(who.pid));
    put_text(out, who.cpu.as_str());
    put_flag(out, who.machine.is_virtual);
    put_flag(out, who.machine.is_remote);
    put_signed(out, i64::from(who.machine.utc_offset));
    match who.address {
        None => out.push(0),
        Some(IpAddr::V4(v4)) => {
            out.push(4);
            out.extend_from_slice(&v4.octets());
        }
        Some(IpAddr::V6(v6)) => {
            out.push(6);
            out.extend_from_slice(&v6.octets());
        }
    }
    put_option(out, who.email.as_ref(), |out, email| put_text(out, email.as_str()));
}

pub(super) fn put_mark(out: &mut Vec<u8>, mark: SessionMark) {
    put_number(out, mark.session.0);
    out.push(match mark.standing {
        Standing::Live => 0,
        Standing::Held => 1,
    });
    put_number(out, mark.floor.0);
    put_option(out, mark.idle, |out, since| put_signed(out, since.0));
}

pub(super) fn put_expiry(out: &mut Vec<u8>, expiry: Expiry) {
    let day = match expiry {
        Expiry::Permanent => None,
        Expiry::On(date) => Some(date),
    };
    put_option(out, day, |out, date| put_signed(out, i64::from(date.days())));
}

pub(super) fn put_pool_row(out: &mut Vec<u8>, row: &PoolRow) {
    put_pool(out, &row.id);
    put_number(out, u64::from(row.capacity));
    put_number(out, u64::from(row.overdraft));
    put_flag(out, row.uncounted);
    put_text(out, row.version.as_str());
    put_expiry(out, row.expiry);
    out.push(match row.standing {
        PoolStanding::Active => 0,
        PoolStanding::Expired => 1,
        PoolStanding::NotYet => 2,
        PoolStanding::Unlicensed => 3,
    });
    put_flag(out, row.dated);
    put_flag(out, row.locked);
    put_flag(out, row.named);
    match row.sharing {
        Sharing::None => out.push(0),
        Sharing::Pool => out.push(1),
        Sharing::Same(same) => {
            out.push(2);
            for flag in [same.user, same.host, same.display, same.data, same.person] {
                put_flag(out, flag);
            }
        }
    }
    put_number(out, u64::from(row.sharers));
    put_option(out, row.suite.as_ref(), put_pool);
    put_flag(out, row.is_suite);
    put_number(out, u64::from(row.minimum));
    put_number(out, row.linger.0);
    put_number(out, row.idle_timeout.0);
    put_option(out, row.borrow, |out, borrow| {
        put_number(out, u64::from(borrow.hours));
        put_number(out, u64::from(borrow.lowwater));
        put_flag(out, borrow.may_be_lost);
    });
    put_number(out, u64::from(row.order));
    put_option(out, row.vendor_string.as_deref(), put_text);
}

pub(super) fn put_quota_row(out: &mut Vec<u8>, row: &QuotaRow) {
    put_number(out, row.id.0);
    put_text(out, &row.key);
    match &row.kind {
        QuotaKind::Max => out.push(0),
        QuotaKind::Reserve(pool) => {
            out.push(1);
            put_pool(out, pool);
        }
    }
    put_number(out, u64::from(row.seats));
    put_text(out, &row.who);
    put_text(out, &row.rule);
    put_number(out, u64::from(row.order));
}

pub(super) fn put_session_row(out: &mut Vec<u8>, row: &SessionRow) {
    put_number(out, row.id.0);
    out.extend_from_slice(&row.token_hash);
    put_identity(out, &row.identity);
    put_number(out, row.timeout.0);
    put_number(out, row.hold.0);
    put_signed(out, row.opened.0);
}

pub(super) fn put_grant_row(out: &mut Vec<u8>, row: &GrantRow) {
    put_number(out, row.id.0);
    put_pool(out, &row.pool);
    put_option(out, row.suite.as_ref(), put_pool);
    put_number(out, u64::from(row.seats.get()));
    put_number(out, row.session.0);
    put_number(out, row.request.0);
    put_text(out, row.version.as_str());
    put_grant_state(out, &row.state);
    put_signed(out, row.since.0);
    put_option(out, row.data.as_ref(), |out, data| put_text(out, data.as_str()));
    let charges = &row.charges;
    put_number(out, charges.len() as u64);
    for charge in charges {
        put_number(out, charge.quota.0);
        put_number(out, u64::from(charge.seats));
        put_flag(out, charge.of_suite);
    }
}

pub(super) fn put_grant_state(out: &mut Vec<u8>, state: &GrantState) {
    let kept = match state {
        GrantState::Floating => return out.push(0),
        GrantState::Revoked(code, until) => {
            out.push(1);
            put_signed(out, i64::from(code.number()));
            return put_signed(out, until.0);
        }
        GrantState::Kept(kept) => kept,
    };
    match &kept.how {
        Keeping::Lingering => out.push(2),
        Keeping::Borrowed(proof) => {
            out.push(3);
            out.extend_from_slice(proof);
        }
        Keeping::Booked(job) => {
            out.push(4);
            put_text(out, job.as_str());
        }
    }
    put_identity(out, &kept.who);
    put_signed(out, kept.from.0);
    put_signed(out, kept.until.0);
}

pub(super) fn put_config(out: &mut Vec<u8>, config: &ConfigId) {
    match config {
        ConfigId::Number(n) => {
            out.push(0);
            put_number(out, *n);
        }
        ConfigId::OfPack(pack) => {
            out.push(1);
            put_text(out, pack.as_str());
        }
    }
}

pub(super) fn put_checkout(out: &mut Vec<u8>, ask: &Checkout) {
    put_number(out, ask.session.0);
    put_number(out, ask.request.0);
    put_text(out, ask.feature.as_str());
    put_text(out, ask.version.as_str());
    put_number(out, u64::from(ask.seats.get()));
    put_option(out, ask.vendor.as_ref(), |out, vendor| put_text(out, vendor.as_str()));
    put_option(out, ask.config.as_ref(), put_config);
    put_option(out, ask.more.as_deref(), put_more);
}

pub(super) fn put_more(out: &mut Vec<u8>, more: &More) {
    put_option(out, more.data.as_ref(), |out, data| put_text(out, data.as_str()));
    put_option(out, more.queue, |out, priority| out.push(priority));
    put_option(out, more.borrow, |out, borrow| {
        put_signed(out, borrow.until.0);
        out.extend_from_slice(&borrow.proof);
    });
    put_option(out, more.job.as_ref(), |out, job| put_text(out, job.as_str()));
}

pub(super) fn put_waiter_row(out: &mut Vec<u8>, row: &WaiterRow) {
    put_number(out, row.id.0);
    put_checkout(out, &row.ask);
    out.push(row.priority);
    put_signed(out, row.since.0);
}

pub(super) fn put_assignment_row(out: &mut Vec<u8>, row: &AssignmentRow) {
    put_pool(out, &row.pool);
    put_text(out, row.email.as_str());
    put_signed(out, i64::from(row.from.days()));
    put_expiry(out, row.until);
}

pub(super) fn put_login_row(out: &mut Vec<u8>, row: &LoginRow) {
    put_text(out, row.email.as_str());
    out.extend_from_slice(&row.token_hash);
}

pub(super) fn put_desk_row(out: &mut Vec<u8>, row: &DeskRow) {
    put_text(out, &row.key);
    put_number(out, row.value.len() as u64);
    out.extend_from_slice(&row.value);
}

/// A key of a kind and a number, which sorts by the number.
pub(super) fn put_numbered(out: &mut Vec<u8>, kind: u8, number: u64) {
    out.push(kind);
    out.extend_from_slice(&number.to_be_bytes());
}

pub(super) fn put_assignment_key(out: &mut Vec<u8>, pool: &PoolId, email: &Email) {
    put_pool(out, pool);
    put_text(out, email.as_str());
}
