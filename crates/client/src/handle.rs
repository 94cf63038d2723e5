//! What an application asks of its client.

use model::{Content, ConversationId, MessageId, ReadFrom, Seq, Wall};
use session::{OutboxFull, ReadId, TooManyReads, TooManySubscriptions};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};
use wire::{New, SubscribeFrom};

/// Asks a [`Client`](crate::Client). Cheap to clone; when the last one is dropped, the client stops.
/// Nothing here waits for the network, only for the client's turn.
#[derive(Debug, Clone)]
pub struct Handle {
    requests: mpsc::Sender<Request>,
}

/// The client has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the client has stopped")]
pub struct Gone;

/// Why something was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CallError<E: std::error::Error> {
    /// The client has stopped.
    #[error(transparent)]
    Gone(Gone),
    /// The session refuses it.
    #[error(transparent)]
    Refused(E),
}

type Answer<T, E> = oneshot::Sender<Result<T, E>>;

#[derive(Debug)]
pub(crate) enum Request {
    /// Without a time it is said now.
    Say(ConversationId, Content, Option<Wall>, Answer<MessageId, OutboxFull>),
    Create(New, Answer<(MessageId, ConversationId), OutboxFull>),
    Subscribe(ConversationId, SubscribeFrom, Answer<(), TooManySubscriptions>),
    Unsubscribe(ConversationId),
    Acknowledge(ConversationId, Seq),
    Read(ConversationId, ReadFrom, u32, Answer<ReadId, TooManyReads>),
    OutboxLen(oneshot::Sender<usize>),
    Cut,
    Stop,
}

impl Handle {
    pub(crate) fn new(requests: mpsc::Sender<Request>) -> Self {
        Self { requests }
    }

    /// Say something. It is sent, and sent again, until the server has it: then
    /// [`Event::Said`](crate::Event::Said) comes.
    ///
    /// # Errors
    /// [`OutboxFull`]: wait for an `Event::Said`.
    pub async fn say(
        &self,
        conversation: ConversationId,
        content: impl Into<Content>,
    ) -> Result<MessageId, CallError<OutboxFull>> {
        let content = content.into();
        self.call(|answer| Request::Say(conversation, content, None, answer)).await
    }

    /// Say something that was said elsewhere at another time: `sent_at` is what others are told. Else
    /// as [`say`](Self::say).
    ///
    /// # Errors
    /// [`OutboxFull`]: wait for an `Event::Said`.
    pub async fn say_of(
        &self,
        sent_at: Wall,
        conversation: ConversationId,
        content: impl Into<Content>,
    ) -> Result<MessageId, CallError<OutboxFull>> {
        let content = content.into();
        self.call(|answer| Request::Say(conversation, content, Some(sent_at), answer)).await
    }

    /// Make a governed conversation: [`Event::Said`](crate::Event::Said) comes when it is there, or
    /// `Event::Failed`.
    ///
    /// # Errors
    /// [`OutboxFull`]: wait for an `Event::Said`.
    pub async fn create(
        &self,
        what: New,
    ) -> Result<(MessageId, ConversationId), CallError<OutboxFull>> {
        self.call(|answer| Request::Create(what, answer)).await
    }

    /// Follow a conversation, again after each lost connection from where it came to.
    ///
    /// # Errors
    /// [`TooManySubscriptions`]: unsubscribe from one.
    pub async fn subscribe(
        &self,
        conversation: ConversationId,
        from: SubscribeFrom,
    ) -> Result<(), CallError<TooManySubscriptions>> {
        self.call(|answer| Request::Subscribe(conversation, from, answer)).await
    }

    /// Follow it no longer.
    ///
    /// # Errors
    /// [`Gone`].
    pub async fn unsubscribe(&self, conversation: ConversationId) -> Result<(), Gone> {
        self.ask(Request::Unsubscribe(conversation)).await
    }

    /// Everything of this conversation up to `seq` is with the device for good.
    ///
    /// # Errors
    /// [`Gone`].
    pub async fn acknowledge(&self, conversation: ConversationId, seq: Seq) -> Result<(), Gone> {
        self.ask(Request::Acknowledge(conversation, seq)).await
    }

    /// Read; the page comes as [`Event::Page`](crate::Event::Page).
    ///
    /// # Errors
    /// [`TooManyReads`]: wait for a page.
    pub async fn read(
        &self,
        conversation: ConversationId,
        from: ReadFrom,
        limit: u32,
    ) -> Result<ReadId, CallError<TooManyReads>> {
        self.call(|answer| Request::Read(conversation, from, limit, answer)).await
    }

    /// How many messages wait for their acknowledgement.
    ///
    /// # Errors
    /// [`Gone`].
    pub async fn outbox_len(&self) -> Result<usize, Gone> {
        let (answer, answered) = oneshot::channel();
        self.ask(Request::OutboxLen(answer)).await?;
        answered.await.map_err(|_| Gone)
    }

    /// Drop the socket, as a broken network does: no farewell, and what was under way may be lost.
    /// The client connects again.
    ///
    /// # Errors
    /// [`Gone`].
    pub async fn cut(&self) -> Result<(), Gone> {
        self.ask(Request::Cut).await
    }

    /// Say what is still to be acknowledged, close, and do not connect again. What is in the outbox
    /// is not waited for.
    ///
    /// # Errors
    /// [`Gone`].
    pub async fn stop(&self) -> Result<(), Gone> {
        self.ask(Request::Stop).await
    }

    async fn ask(&self, request: Request) -> Result<(), Gone> {
        self.requests.send(request).await.map_err(|_| Gone)
    }

    async fn call<T, E: std::error::Error>(
        &self,
        request: impl FnOnce(Answer<T, E>) -> Request,
    ) -> Result<T, CallError<E>> {
        let (answer, answered) = oneshot::channel();
        self.ask(request(answer)).await.map_err(CallError::Gone)?;
        let answer = answered.await.map_err(|_| CallError::Gone(Gone))?;
        answer.map_err(CallError::Refused)
    }
}
