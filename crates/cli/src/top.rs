//! `top`: the pools, who holds their seats, who waits and who was denied, as they are now.
//!
//! ```text
//!  feed (status again and again, the journal) ──▶ data ──▶ lists (filter, order) ──▶ draw ──▶ the terminal
//!  keys ──▶ app ────────────────────────────────────────────┘                     └──▶ text (--once)
//! ```
//!
//! Nothing is changed on any server.

mod app;
mod cells;
mod data;
mod draw;
mod feed;
mod lists;
mod panels;
mod screen;
#[cfg(test)]
mod tests;

use std::time::Duration;

use client::Server;
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::args::TopArgs;
use crate::fail::Failure;
use crate::{out, session};
use app::{App, Then};
use cells::Look;
use data::Data;
use screen::{Input, Screen};

/// News and keys that may wait.
const WAITING: usize = 256;
/// How long `--once` waits for the journal.
const JOURNAL: Duration = Duration::from_secs(5);
/// What a frame without a terminal has, unless COLUMNS and LINES say otherwise.
const SIZE: (u16, u16) = (80, 24);
/// A frame has no more columns or lines.
const SIZE_MAX: u16 = 1000;

/// Shows, until it is ended.
pub(crate) async fn top(args: TopArgs) -> Result<u8, Failure> {
    let servers = session::servers(args.servers.as_deref(), None)?;
    let groups = servers.groups();
    let asked = groups.iter().map(|group| {
        let names: Vec<_> = group.iter().map(ToString::to_string).collect();
        names.join(",")
    });
    let app = App::new(Data::new(asked), now());
    let look = Look::of_environment();
    if args.once {
        return once(&args, groups, app, &look).await;
    }
    Box::pin(live(&args, groups, app, &look)).await
}

fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

/// The view on a terminal.
async fn live(args: &TopArgs, groups: &[Vec<Server>], mut app: App, look: &Look) -> Result<u8, Failure> {
    let failed = |error: std::io::Error| Failure::system("cannot wait for signals", &error);
    let mut ends =
        [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt(), SignalKind::quit()]
            .into_iter()
            .map(|kind| Ok((128 + kind.as_raw_value(), signal(kind)?)))
            .collect::<std::io::Result<Vec<_>>>()
            .map_err(failed)?;
    let mut screen = Screen::take()?;
    let (to, mut news) = mpsc::channel(WAITING);
    let (to_keys, mut keys) = mpsc::channel(WAITING);
    screen::listen(to_keys);
    for (host, group) in groups.iter().enumerate() {
        tokio::spawn(feed::poll(host, group.clone(), Duration::from_secs(args.every_s), to.clone()));
    }
    tokio::spawn(feed::follow(args.admin_socket.clone(), to));
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            input = keys.recv() => {
                let mut input = input;
                // Keys that are held down are dealt with together.
                while let Some(one) = input {
                    match one {
                        Input::Key(key) if app.on_key(key) == Then::Quit => return Ok(0),
                        Input::Key(_) | Input::Resized => {}
                        Input::Ended => return Ok(0),
                    }
                    input = keys.try_recv().ok();
                }
            }
            Some(first) = news.recv() => {
                app.now_ms = now();
                app.take(first);
                while let Ok(more) = news.try_recv() {
                    app.take(more);
                }
                app.refresh();
            }
            status = ended(&mut ends) => return Ok(status),
            _ = tick.tick() => app.now_ms = now(),
        }
        screen.draw(&mut app, look)?;
    }
}

/// Waits for a signal that ends the view; gives the exit status.
async fn ended(signals: &mut [(i32, tokio::signal::unix::Signal)]) -> u8 {
    std::future::poll_fn(|context| {
        for (status, signal) in signals.iter_mut() {
            if signal.poll_recv(context).is_ready() {
                return std::task::Poll::Ready(u8::try_from(*status).unwrap_or(1));
            }
        }
        std::task::Poll::Pending
    })
    .await
}

/// One frame as text. The exit status is that of the first server that does not answer.
async fn once(args: &TopArgs, groups: &[Vec<Server>], mut app: App, look: &Look) -> Result<u8, Failure> {
    let mut status = 0;
    for (host, group) in groups.iter().enumerate() {
        let (news, error) = feed::ask(host, group).await;
        app.take(news);
        if let Some(error) = error.filter(|_| status == 0) {
            status = error.code().exit_status();
            out::say(&format!("{error}\nhelp: {}", error.remedy()));
        }
    }
    let (to, mut news) = mpsc::channel(WAITING);
    tokio::spawn(feed::read_once(args.admin_socket.clone(), to));
    // What does not come in time is left out, and that is said.
    while let Ok(Some(one)) = tokio::time::timeout(JOURNAL, news.recv()).await {
        app.take(one);
    }
    app.now_ms = now();
    app.refresh();
    out::print(&text(&mut app, look, size()))?;
    Ok(status)
}

/// Columns and lines of a frame without a terminal.
fn size() -> (u16, u16) {
    let number = |name: &str, default: u16| {
        let set = std::env::var(name).ok().and_then(|text| text.parse().ok());
        set.filter(|n| (1..=SIZE_MAX).contains(n)).unwrap_or(default)
    };
    (number("COLUMNS", SIZE.0), number("LINES", SIZE.1))
}

/// A frame as text, without blanks at the ends of lines.
fn text(app: &mut App, look: &Look, (width, height): (u16, u16)) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    draw::draw(app, look, area, &mut buffer);
    let mut text = String::new();
    for y in 0..height {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..width {
            let symbol = buffer.cell((x, y)).map_or(" ", |cell| cell.symbol());
            if skip == 0 {
                line.push_str(symbol);
            }
            // A wide character has the cell behind it too.
            skip =
                if skip > 0 { skip - 1 } else { ratatui::text::Span::raw(symbol).width().saturating_sub(1) };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
