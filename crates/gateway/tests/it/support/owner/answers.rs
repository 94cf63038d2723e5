//! What it answers, and does wrong if it is told to.

use link::{FromOwner, RequestId, Row, ToOwner};
use model::{Draft, Listed, Member, Profile, ReadFrom, Refusal, Seq, Sheet, Wall};

use super::Inner;

impl Inner {
    #[expect(clippy::too_many_lines, reason = "one arm a question")]
    pub(super) fn answer(&mut self, link: u64, heard: ToOwner) {
        let answer = match heard {
            ToOwner::Hello { .. } => panic!("greeted already"),
            ToOwner::Send { request, draft, .. } => Some(self.send(request, &draft)),
            ToOwner::Attach { request, .. }
            | ToOwner::Read { request, .. }
            | ToOwner::GetCursor { request, .. }
                if self.refusals > 0 =>
            {
                self.refusals -= 1;
                let refusal = Refusal::Busy { bound: "loads".to_owned(), retry_after_ms: 30 };
                Some(FromOwner::Refused { request, refusal })
            }
            ToOwner::Attach { request, conversation } => {
                let standing =
                    self.conversations.entry(conversation.clone()).or_default().standing();
                if let Some(link) = self.links.get_mut(&link) {
                    assert!(link.attached.insert(conversation.clone()), "attached twice");
                }
                Some(FromOwner::Attached { request, conversation, standing })
            }
            ToOwner::Detach { conversation } => {
                if let Some(link) = self.links.get_mut(&link) {
                    assert!(link.attached.remove(&conversation), "detached twice");
                }
                None
            }
            ToOwner::Read { request, conversation, from, limit, .. } => {
                let of = self.conversations.entry(conversation.clone()).or_default();
                let standing = of.standing();
                let from = match from {
                    ReadFrom::Seq(seq) => seq,
                    ReadFrom::Latest => Seq((standing.head.0 + 1).saturating_sub(limit.into())),
                };
                let messages = of.messages.iter().filter(|message| message.seq >= from);
                let messages = messages.take(limit as usize).cloned().collect();
                Some(FromOwner::Page {
                    request,
                    conversation,
                    standing,
                    messages,
                    changes: Vec::new(),
                    as_of: Seq(0),
                })
            }
            ToOwner::GetCursor { request, conversation, user, device } => {
                let seq = self.cursors.get(&(conversation, user, device)).copied();
                Some(FromOwner::CursorAt { request, seq: seq.unwrap_or_default() })
            }
            ToOwner::MoveCursor { conversation, user, device, epoch: _, seq } => {
                let cursor = self.cursors.entry((conversation, user, device)).or_default();
                *cursor = seq.max(*cursor);
                None
            }
            ToOwner::GetRows { request, query } => {
                let conversation = query.conversation.unwrap();
                let row = Row {
                    conversation,
                    messages: 1,
                    speakers: 1,
                    enriched: 0,
                    degraded: 0,
                    dead: 0,
                    sentiment_sum_micros: -5,
                    last_at: Wall(7),
                };
                Some(FromOwner::Rows { request, rows: vec![row], behind: 3 })
            }
            ToOwner::GetReport { request, view, limit: _ } => {
                let sheet = Sheet { columns: vec![view], rows: Vec::new(), is_cut: false };
                Some(FromOwner::Report { request, sheet, behind: 3 })
            }
            ToOwner::Admit { request, conversation, user } => {
                let of = self.conversations.entry(conversation).or_default();
                let (standing, roles) = (of.standing(), of.roles());
                Some(if roles.contains_key(&user) {
                    FromOwner::Admitted { request, standing }
                } else {
                    FromOwner::Refused { request, refusal: Refusal::NotFound }
                })
            }
            ToOwner::GetList { request, user, .. } => {
                let mine = self.conversations.iter().filter_map(|(name, of)| {
                    let role = of.roles().get(&user).copied()?;
                    Some(Listed {
                        conversation: name.clone(),
                        role,
                        profile: Profile::default(),
                        with: None,
                        members: 1,
                        standing: of.standing(),
                        read_seq: Seq(0),
                        unread: 2,
                        last: None,
                    })
                });
                Some(FromOwner::List { request, conversations: mine.collect() })
            }
            ToOwner::GetMembers { request, conversation, asker, .. } => {
                let roles = self.conversations.entry(conversation).or_default().roles();
                let count = u32::try_from(roles.len()).unwrap();
                Some(if roles.contains_key(&asker) {
                    let member = |(user, role)| Member { user, role };
                    let members = roles.into_iter().map(member).collect();
                    FromOwner::Members { request, count, members }
                } else {
                    FromOwner::Refused { request, refusal: Refusal::NotFound }
                })
            }
            ToOwner::Typing { conversation, user } => {
                for link in self.links.values() {
                    if link.attached.contains(&conversation) {
                        let (conversation, user) = (conversation.clone(), user.clone());
                        let _ = link.to.try_send(FromOwner::Typing { conversation, user });
                    }
                }
                None
            }
            ToOwner::Present { users, here } => {
                for user in users {
                    if here {
                        self.here.insert(user.clone())
                    } else {
                        self.here.remove(&user)
                    };
                    self.tell_presence(&user, here);
                }
                None
            }
            ToOwner::Watch { users, on } => {
                for user in users {
                    if on {
                        self.watched.insert(user.clone())
                    } else {
                        self.watched.remove(&user)
                    };
                    self.tell_presence(&user, self.here.contains(&user));
                }
                None
            }
            ToOwner::Erase { request, .. } => Some(FromOwner::Erased { request, conversations: 0 }),
            ToOwner::Enriching { request, .. } => {
                let answer = link::EnrichAnswer::Not(link::EnrichNot::NoService);
                Some(FromOwner::Enriching { request, answer })
            }
            ToOwner::Ping => Some(FromOwner::Pong { not_ready: self.not_ready.clone() }),
        };
        if let (Some(answer), Some(link)) = (answer, self.links.get(&link)) {
            let _ = link.to.try_send(answer);
        }
    }

    fn send(&mut self, request: RequestId, draft: &Draft) -> FromOwner {
        let of = self.conversations.entry(draft.conversation.clone()).or_default();
        let (epoch, id) = (of.epoch, draft.id);
        let known = of.messages.iter().find(|message| message.id == id);
        if let Some(known) = known {
            let (seq, received_at) = (known.seq, known.received_at);
            if known.content != draft.content {
                let refusal = Refusal::IdempotencyConflict { id, seq };
                return FromOwner::Refused { request, refusal };
            }
            return FromOwner::Sent { request, id, epoch, seq, received_at, duplicate: true };
        }
        let seq = self.append(draft);
        let received_at = Wall(1000 + seq.0 - 1);
        FromOwner::Sent { request, id, epoch, seq, received_at, duplicate: false }
    }
}
