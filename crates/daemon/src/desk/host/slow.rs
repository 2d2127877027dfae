//! Questions that take long: one after another on a thread that nobody waits for, and answered again for a while
//! without a second look.

use std::time::{Duration, Instant};

use console::HostError;
use tokio::sync::{mpsc, oneshot};

/// Questions that may wait; one more is told that it is busy.
const QUEUE: usize = 16;
/// Answers that are kept.
const KEPT_MAX: usize = 64;

type Answer<A> = Result<A, HostError>;
type Question<Q, A> = (Q, oneshot::Sender<Answer<A>>);

/// Where one kind of question is asked.
#[derive(Debug)]
pub(super) struct Slow<Q, A>(mpsc::Sender<Question<Q, A>>);

/// Where it is answered.
#[derive(Debug)]
pub(super) struct Questions<Q, A>(mpsc::Receiver<Question<Q, A>>);

/// Both ends.
pub(super) fn slow<Q, A>() -> (Slow<Q, A>, Questions<Q, A>) {
    let (give, take) = mpsc::channel(QUEUE);
    (Slow(give), Questions(take))
}

impl<Q, A> Slow<Q, A> {
    /// What is answered.
    pub(super) async fn ask(&self, question: Q) -> Answer<A> {
        let busy = || HostError("too much is asked at once (-23); try again".into());
        let (answer, answered) = oneshot::channel();
        self.0.try_send((question, answer)).map_err(|_| busy())?;
        answered.await.unwrap_or_else(|_| Err(busy()))
    }
}

impl<Q, A> Questions<Q, A>
where
    Q: Clone + PartialEq + Send + 'static,
    A: Clone + Send + 'static,
{
    /// Answers until nobody can ask any more. A good answer is kept for so long.
    pub(super) async fn answer(
        mut self,
        keep: Duration,
        look: impl Fn(Q) -> Result<A, String> + Clone + Send + 'static,
    ) {
        let mut kept: Vec<(Q, Instant, A)> = Vec::new();
        while let Some((question, answer)) = self.0.recv().await {
            // Whoever went away needs none.
            if answer.is_closed() {
                continue;
            }
            kept.retain(|(_, since, _)| since.elapsed() < keep);
            if let Some((.., known)) = kept.iter().find(|(of, ..)| *of == question) {
                let _ = answer.send(Ok(known.clone()));
                continue;
            }
            let (look, asked) = (look.clone(), question.clone());
            let looked = tokio::task::spawn_blocking(move || look(asked)).await;
            let found = looked.unwrap_or_else(|_| Err("the daemon has a bug".into())).map_err(HostError);
            if let Ok(found) = &found {
                kept.truncate(KEPT_MAX - 1);
                kept.insert(0, (question, Instant::now(), found.clone()));
            }
            let _ = answer.send(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use super::*;

    #[tokio::test]
    async fn a_question_is_looked_at_once_while_its_answer_is_kept() {
        let looked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&looked);
        let look = move |question: u32| {
            count.fetch_add(1, Relaxed);
            if question == 7 { Err("no".to_owned()) } else { Ok(question + 1) }
        };
        let (ask, questions) = slow();
        let answering = tokio::spawn(questions.answer(Duration::from_secs(60), look));
        for _ in 0..3 {
            assert_eq!(ask.ask(1).await, Ok(2));
        }
        assert_eq!(looked.load(Relaxed), 1);
        // What failed is looked at again.
        for _ in 0..2 {
            assert_eq!(ask.ask(7).await, Err(HostError("no".into())));
        }
        assert_eq!(looked.load(Relaxed), 3);
        // Only so many are kept: the first is gone.
        for question in 100..100 + u32::try_from(KEPT_MAX).unwrap() {
            ask.ask(question).await.unwrap();
        }
        let before = looked.load(Relaxed);
        ask.ask(1).await.unwrap();
        assert_eq!(looked.load(Relaxed), before + 1);
        drop(ask);
        answering.await.unwrap();
    }

    #[tokio::test]
    async fn more_questions_than_may_wait_are_refused_and_none_is_kept_for_ever() {
        let (ask, questions) = slow::<u32, u32>();
        let waiting: Vec<_> = (0..QUEUE).map(|_| ask.ask(1)).collect();
        let mut waiting: Vec<_> = waiting.into_iter().map(Box::pin).collect();
        for one in &mut waiting {
            assert!(futures_util::poll!(one).is_pending());
        }
        assert!(ask.ask(1).await.unwrap_err().0.contains("(-23)"));
        let looked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&looked);
        let answering = tokio::spawn(questions.answer(Duration::ZERO, move |question| {
            count.fetch_add(1, Relaxed);
            Ok(question)
        }));
        for one in waiting {
            assert_eq!(one.await, Ok(1));
        }
        assert_eq!(looked.load(Relaxed), QUEUE, "nothing is kept");
        drop(ask);
        answering.await.unwrap();
    }
}
