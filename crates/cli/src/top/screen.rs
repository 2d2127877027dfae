//! The terminal: taken on purpose, and given back however the view ends.

use std::io::IsTerminal as _;

use names::Code;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyEvent};
use tokio::sync::mpsc::Sender;

use super::app::App;
use super::cells::Look;
use super::draw::draw;
use crate::fail::Failure;

/// What comes from the terminal.
#[derive(Debug)]
pub(super) enum Input {
    Key(KeyEvent),
    /// It has another size.
    Resized,
    /// There is no terminal any more.
    Ended,
}

/// A terminal in use. A panic gives it back too.
#[derive(Debug)]
pub(super) struct Screen(DefaultTerminal);

impl Screen {
    /// Takes the terminal.
    pub(super) fn take() -> Result<Self, Failure> {
        let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        if is_dumb || !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
            let message = "top needs a terminal to draw on, and keys to be asked with";
            let remedy = "print one frame with `seatkeeper top --once`, or use `seatkeeper lmstat -a`";
            return Err(Failure::new(Code::BadParameter, message, remedy));
        }
        ratatui::try_init().map(Self).map_err(|error| Failure::system("cannot use the terminal", &error))
    }

    /// Draws a frame.
    pub(super) fn draw(&mut self, app: &mut App, look: &Look) -> Result<(), Failure> {
        let drawn = self.0.draw(|frame| {
            let area = frame.area();
            draw(app, look, area, frame.buffer_mut());
        });
        drawn.map(drop).map_err(|error| Failure::system("cannot draw on the terminal", &error))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Reads keys on a thread of its own: a read cannot be ended, and ends with the process.
pub(super) fn listen(to: Sender<Input>) {
    std::thread::spawn(move || {
        loop {
            let input = match event::read() {
                Ok(Event::Key(key)) => Input::Key(key),
                Ok(Event::Resize(..)) => Input::Resized,
                Ok(_) => continue,
                Err(_) => Input::Ended,
            };
            let is_end = matches!(input, Input::Ended);
            if to.blocking_send(input).is_err() || is_end {
                return;
            }
        }
    });
}
