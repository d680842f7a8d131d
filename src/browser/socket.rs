//! Websockets of the browser, as frames. Dropping the frames closes the socket.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use gloo_timers::callback::Interval;
use js_sys::Array;
use runboard_core::net::{Frame, Socket, TransportError};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Event, MessageEvent, Url, WebSocket};

/// So many ticks may pass until it is open.
const OPENING: u8 = 2;

/// What the browser told and nobody has taken yet.
#[derive(Default)]
struct Told {
    frames: VecDeque<Frame>,
    is_open: bool,
    is_over: bool,
    ticks: u8,
    waker: Option<Waker>,
}

type Shared = Rc<RefCell<Told>>;

fn tell(told: &Shared, change: impl FnOnce(&mut Told)) {
    let waker = {
        let mut told = told.borrow_mut();
        change(&mut told);
        told.waker.take()
    };
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// A socket that the browser has, and who is told of it. Dropped, it is closed, and nobody is.
struct Open {
    socket: WebSocket,
    told: Shared,
    _timer: Interval,
    _heard: [Closure<dyn FnMut(Event)>; 3],
}

impl Drop for Open {
    fn drop(&mut self) {
        for forget in [
            WebSocket::set_onopen,
            WebSocket::set_onmessage,
            WebSocket::set_onclose,
        ] {
            forget(&self.socket, None);
        }
        let _ = self.socket.close();
    }
}

/// Where a page's own URL leads as a websocket.
fn address(url: &str) -> Option<String> {
    let here = web_sys::window()?.location().href().ok()?;
    let url = Url::new_with_base(url, &here).ok()?;
    url.set_protocol(match url.protocol().as_str() {
        "https:" => "wss:",
        _ => "ws:",
    });
    Some(url.href())
}

fn unreachable(words: &str) -> TransportError {
    TransportError::Unreachable(words.into())
}

fn begin(url: &str, protocols: &Array, tick: Duration) -> Option<Open> {
    let socket = WebSocket::new_with_str_sequence(&address(url)?, protocols).ok()?;
    let told = Shared::default();
    let hear = |change: fn(&mut Told, Event)| {
        let told = told.clone();
        Closure::<dyn FnMut(Event)>::new(move |event| tell(&told, |told| change(told, event)))
    };
    let opened = hear(|told, _| told.is_open = true);
    let came = hear(|told, event| {
        let event: MessageEvent = event.unchecked_into();
        // Nobody who speaks GraphQL sends anything else.
        if let Some(text) = event.data().as_string() {
            told.frames.push_back(Frame::Text(text));
        }
    });
    let closed = hear(|told, _| told.is_over = true);
    socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
    socket.set_onmessage(Some(came.as_ref().unchecked_ref()));
    socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
    let ticking = told.clone();
    let every = u32::try_from(tick.as_millis()).unwrap_or(u32::MAX);
    let timer = Interval::new(every, move || {
        tell(&ticking, |told| {
            told.ticks = told.ticks.saturating_add(1);
            // One that nobody has taken is enough.
            if !told.frames.contains(&Frame::Tick) {
                told.frames.push_back(Frame::Tick);
            }
        });
    });
    Some(Open {
        socket,
        told,
        _timer: timer,
        _heard: [opened, came, closed],
    })
}

fn wait<T>(told: &Shared, context: &Context<'_>, ready: fn(&mut Told) -> Poll<T>) -> Poll<T> {
    let mut told = told.borrow_mut();
    let state = ready(&mut told);
    if state.is_pending() {
        told.waker = Some(context.waker().clone());
    }
    state
}

/// Opens one, or says in time that it does not open.
pub(super) fn open(
    url: &str,
    protocols: &[&str],
    tick: Duration,
) -> impl Future<Output = Result<Socket, TransportError>> + 'static {
    let protocols: Array = protocols
        .iter()
        .map(|name| JsValue::from_str(name))
        .collect();
    let open = begin(url, &protocols, tick);
    async move {
        let open = open.ok_or_else(|| unreachable("the browser opens no websocket there"))?;
        let is_open = poll_fn(|context| {
            wait(&open.told, context, |told| {
                let is_late = told.ticks >= OPENING;
                match told.is_open || told.is_over || is_late {
                    true => Poll::Ready(told.is_open && !told.is_over),
                    false => Poll::Pending,
                }
            })
        });
        if !is_open.await {
            return Err(unreachable("the websocket does not open"));
        }
        let socket = open.socket.clone();
        Ok(Socket {
            protocol: socket.protocol(),
            send: Box::new(move |text| {
                let _ = socket.send_with_str(text);
            }),
            frames: stream::poll_fn(move |context| {
                wait(&open.told, context, |told| match told.frames.pop_front() {
                    Some(frame) => Poll::Ready(Some(Ok(frame))),
                    None if told.is_over => Poll::Ready(None),
                    None => Poll::Pending,
                })
            })
            .boxed_local(),
        })
    }
}
