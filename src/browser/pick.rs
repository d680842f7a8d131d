//! Files that the user opens or drops on the page. Where the browser gives a handle, the file is had as it is whenever it is read, else as it was then.
//!
//! File System Access (<https://wicg.github.io/file-system-access/>): not in all browsers, so asked for by name.

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;

/// What the user opened or dropped.
#[derive(Clone)]
pub struct Picked {
    file: web_sys::File,
    handle: Option<JsValue>,
}

/// The promise of a method, where there is such a method.
fn call(on: &JsValue, method: &str, argument: &JsValue) -> Option<JsFuture> {
    let method: Function = get(on, method)?.dyn_into().ok()?;
    let promise: Promise = method.call1(on, argument).ok()?.dyn_into().ok()?;
    Some(JsFuture::from(promise))
}

fn get(on: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(on, &name.into()).ok()
}

/// What a handle stands for now; `None`: it is no file, or is not there any more.
async fn read(handle: &JsValue) -> Option<web_sys::File> {
    let file = call(handle, "getFile", &JsValue::UNDEFINED)?.await.ok()?;
    file.dyn_into().ok()
}

impl Picked {
    pub fn name(&self) -> String {
        self.file.name()
    }

    /// The file as it is now, as far as the browser lets that be known.
    pub async fn now(&self) -> web_sys::File {
        match &self.handle {
            Some(handle) => read(handle).await.unwrap_or_else(|| self.file.clone()),
            None => self.file.clone(),
        }
    }
}

impl From<web_sys::File> for Picked {
    fn from(file: web_sys::File) -> Picked {
        Picked { file, handle: None }
    }
}

/// Opens the browser's own dialog, in the middle of a click; `None`: this browser has none that gives handles.
pub fn ask() -> Option<LocalBoxFuture<'static, Vec<Picked>>> {
    let options = Object::new();
    let _ = Reflect::set(&options, &"multiple".into(), &JsValue::TRUE);
    let answer = call(&web_sys::window()?.into(), "showOpenFilePicker", &options)?;
    let work = async {
        // Whoever closes the dialog wants nothing.
        let handles = answer.await.unwrap_or_default();
        let mut all = Vec::new();
        for handle in Array::from(&handles) {
            if let Some(file) = read(&handle).await {
                let handle = Some(handle);
                all.push(Picked { file, handle });
            }
        }
        all
    };
    Some(work.boxed_local())
}

/// What was dropped. What it is can be asked only while the event lasts, and the answer comes later.
pub fn dropped(event: &web_sys::Event) -> LocalBoxFuture<'static, Vec<Picked>> {
    let transfer = get(event, "dataTransfer").unwrap_or_default();
    let items = get(&transfer, "items").unwrap_or_default();
    let mut asked = Vec::new();
    for item in Array::from(&items) {
        let file: Option<Function> = get(&item, "getAsFile").and_then(|get| get.dyn_into().ok());
        let file = file.and_then(|file| file.call0(&item).ok()?.dyn_into().ok());
        let handle = call(&item, "getAsFileSystemHandle", &JsValue::UNDEFINED);
        asked.extend(file.map(|file: web_sys::File| (file, handle)));
    }
    async {
        let mut all = Vec::new();
        for (file, handle) in asked {
            let handle = match handle {
                Some(handle) => handle.await.ok().filter(JsValue::is_object),
                None => None,
            };
            all.push(Picked { file, handle });
        }
        all
    }
    .boxed_local()
}
