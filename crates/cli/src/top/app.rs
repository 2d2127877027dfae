//! The state of the view, and what the keys do to it. Nothing here knows a terminal or a server.

use proto::v1::{Holder, PoolName, PoolStatus, Waiting};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::data::{Data, Host, News};
use super::lists::{Lists, PoolAt};

/// Characters that a filter may have.
const FILTER_MAX: usize = 64;

/// A part of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Panel {
    Pools,
    Holders,
    Queue,
    Denials,
}

impl Panel {
    pub(super) const ALL: [Self; 4] = [Self::Pools, Self::Holders, Self::Queue, Self::Denials];
}

/// In which order pools stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Sort {
    /// The fullest first.
    #[default]
    Use,
    Name,
    /// Those that expire first.
    Left,
}

impl Sort {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Use => "use",
            Self::Name => "name",
            Self::Left => "days left",
        }
    }
}

/// Where a list is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    /// The row that is chosen.
    pub(super) at: usize,
    /// The first row that is seen.
    pub(super) top: usize,
    /// Rows that are seen at once.
    pub(super) page: usize,
}

impl Mark {
    /// Moves so that the chosen row is there and is seen.
    pub(super) fn fit(&mut self, rows: usize) {
        self.at = self.at.min(rows.saturating_sub(1));
        let page = self.page.max(1);
        let last = rows.saturating_sub(page);
        self.top = self.top.clamp((self.at + 1).saturating_sub(page), self.at).min(last);
    }
}

/// What is to be done after a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    GoOn,
    Quit,
}

/// The view.
#[derive(Debug)]
pub(super) struct App {
    pub(super) data: Data,
    pub(super) now_ms: i64,
    pub(super) panel: Panel,
    /// The panel has the screen for itself.
    pub(super) alone: bool,
    pub(super) sort: Sort,
    pub(super) filter: String,
    /// The filter is being typed.
    pub(super) typing: bool,
    pub(super) help: bool,
    pub(super) lists: Lists,
    marks: [Mark; 4],
    /// The pool whose holders are shown: it stays chosen wherever it moves.
    chosen: Option<(usize, PoolName)>,
}

impl App {
    pub(super) fn new(data: Data, now_ms: i64) -> Self {
        Self {
            data,
            now_ms,
            panel: Panel::Pools,
            alone: false,
            sort: Sort::default(),
            filter: String::new(),
            typing: false,
            help: false,
            lists: Lists::default(),
            marks: [Mark::default(); 4],
            chosen: None,
        }
    }

    /// Takes news in. The lists are made anew by [`App::refresh`].
    pub(super) fn take(&mut self, news: News) {
        self.data.take(news, self.now_ms);
    }

    /// Makes the lists of what is known now.
    pub(super) fn refresh(&mut self) {
        self.lists.pools = super::lists::pools(&self.data, &self.filter, self.sort);
        let chosen = self.chosen.clone();
        let found = chosen.and_then(|(host, name)| {
            let is_it =
                |at: &PoolAt| at.host == host && self.pool(*at).and_then(|p| p.pool.as_ref()) == Some(&name);
            self.lists.pools.iter().position(is_it)
        });
        if let Some(at) = found {
            self.mark_mut(Panel::Pools).at = at;
        }
        self.lists.queue = super::lists::queue(&self.data, &self.filter);
        self.lists.denials = super::lists::denials(&self.data, &self.filter);
        self.settle();
    }

    /// The holders of the chosen pool, and every mark where there is something.
    fn settle(&mut self) {
        let rows = self.lists.pools.len();
        self.mark_mut(Panel::Pools).fit(rows);
        let at = self.lists.pools.get(self.mark(Panel::Pools).at).copied();
        let named = at.and_then(|at| Some((at.host, self.pool(at)?.pool.clone()?)));
        // A filter that shows no pool does not forget which one was chosen.
        if named.is_some() {
            if self.chosen != named {
                *self.mark_mut(Panel::Holders) =
                    Mark { page: self.mark(Panel::Holders).page, ..Mark::default() };
            }
            self.chosen = named;
        }
        self.lists.holders =
            at.map(|at| super::lists::holders(&self.data, at, &self.filter)).unwrap_or_default();
        for panel in Panel::ALL {
            let rows = self.rows(panel);
            self.mark_mut(panel).fit(rows);
        }
    }

    /// What a key does.
    pub(super) fn on_key(&mut self, key: KeyEvent) -> Then {
        if key.kind == KeyEventKind::Release {
            return Then::GoOn;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if control && matches!(key.code, KeyCode::Char('c' | 'C')) {
            return Then::Quit;
        }
        if self.typing {
            self.type_key(key.code, control);
            return Then::GoOn;
        }
        if self.help {
            self.help = false;
            return if key.code == KeyCode::Char('q') { Then::Quit } else { Then::GoOn };
        }
        let page = isize::try_from(self.mark(self.panel).page.max(1)).unwrap_or(1);
        match key.code {
            KeyCode::Char('q') => return Then::Quit,
            KeyCode::Char('?' | 'h') => self.help = true,
            KeyCode::Char('/') => self.typing = true,
            KeyCode::Char('s') => self.sort_next(),
            KeyCode::Tab => self.turn(1),
            KeyCode::BackTab => self.turn(3),
            KeyCode::Down | KeyCode::Char('j') => self.go(1),
            KeyCode::Up | KeyCode::Char('k') => self.go(-1),
            KeyCode::PageDown => self.go(page),
            KeyCode::PageUp => self.go(-page),
            KeyCode::Home | KeyCode::Char('g') => self.go(isize::MIN),
            KeyCode::End | KeyCode::Char('G') => self.go(isize::MAX),
            KeyCode::Enter => self.enter(),
            KeyCode::Esc => self.back(),
            _ => {}
        }
        Then::GoOn
    }

    fn type_key(&mut self, code: KeyCode, control: bool) {
        match code {
            KeyCode::Enter => self.typing = false,
            KeyCode::Esc => {
                self.typing = false;
                self.filter.clear();
            }
            KeyCode::Char('u' | 'U') if control => self.filter.clear(),
            KeyCode::Backspace => drop(self.filter.pop()),
            KeyCode::Char(c) if !control && !c.is_control() && self.filter.chars().count() < FILTER_MAX => {
                self.filter.push(c);
            }
            _ => {}
        }
        self.refresh();
    }

    fn sort_next(&mut self) {
        self.sort = match self.sort {
            Sort::Use => Sort::Name,
            Sort::Name => Sort::Left,
            Sort::Left => Sort::Use,
        };
        self.refresh();
    }

    fn turn(&mut self, by: usize) {
        let at = Panel::ALL.iter().position(|panel| *panel == self.panel).unwrap_or(0);
        self.panel = Panel::ALL.get((at + by) % Panel::ALL.len()).copied().unwrap_or(Panel::Pools);
    }

    fn go(&mut self, by: isize) {
        let mark = self.mark_mut(self.panel);
        mark.at = mark.at.saturating_add_signed(by);
        let (panel, rows) = (self.panel, self.rows(self.panel));
        self.mark_mut(panel).fit(rows);
        if panel == Panel::Pools {
            self.settle();
        }
    }

    /// From a pool to its holders; on another panel, the panel alone or beside the others.
    fn enter(&mut self) {
        if self.panel == Panel::Pools {
            (self.panel, self.alone) = (Panel::Holders, true);
        } else {
            self.alone = !self.alone;
        }
    }

    /// A step back: the other panels again, the pools, everything.
    fn back(&mut self) {
        if self.alone {
            (self.panel, self.alone) = (Panel::Pools, false);
        } else if self.filter.is_empty() {
            self.panel = Panel::Pools;
        } else {
            self.filter.clear();
            self.refresh();
        }
    }

    /// Where a panel is looked at.
    pub(super) fn mark(&self, panel: Panel) -> Mark {
        self.marks.get(panel as usize).copied().unwrap_or_default()
    }

    fn mark_mut(&mut self, panel: Panel) -> &mut Mark {
        let [pools, holders, queue, denials] = &mut self.marks;
        match panel {
            Panel::Pools => pools,
            Panel::Holders => holders,
            Panel::Queue => queue,
            Panel::Denials => denials,
        }
    }

    /// So many rows of a panel are seen.
    pub(super) fn seen(&mut self, panel: Panel, page: usize) {
        let rows = self.rows(panel);
        let mark = self.mark_mut(panel);
        mark.page = page;
        mark.fit(rows);
    }

    /// Rows of a panel.
    pub(super) fn rows(&self, panel: Panel) -> usize {
        match panel {
            Panel::Pools => self.lists.pools.len(),
            Panel::Holders => self.lists.holders.len(),
            Panel::Queue => self.lists.queue.len(),
            Panel::Denials => self.lists.denials.len(),
        }
    }

    pub(super) fn pool(&self, at: PoolAt) -> Option<&PoolStatus> {
        super::lists::pool(&self.data, at)
    }

    pub(super) fn host(&self, at: PoolAt) -> Option<&Host> {
        self.data.hosts.get(at.host)
    }

    /// The pool that is chosen, of those that are shown.
    pub(super) fn chosen(&self) -> Option<PoolAt> {
        self.lists.pools.get(self.mark(Panel::Pools).at).copied()
    }

    pub(super) fn holder(&self, row: usize) -> Option<&Holder> {
        let at = *self.lists.holders.get(row)?;
        self.pool(self.chosen()?)?.holders.get(at)
    }

    pub(super) fn waiting(&self, row: usize) -> Option<(PoolAt, usize, &Waiting)> {
        let (at, place) = *self.lists.queue.get(row)?;
        Some((at, place, self.pool(at)?.waiting.get(place)?))
    }
}
