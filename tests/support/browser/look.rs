//! How a page looks: pictures, sizes, colours, and without scripts.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde_json::{Value, json};

use super::Browser;

/// Where pictures are kept.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots")
}

/// Keeps a picture that the driver gave.
pub(super) fn keep(name: &str, picture: &str) -> PathBuf {
    let file = folder().join(format!("{name}.png"));
    std::fs::create_dir_all(folder()).unwrap();
    std::fs::write(&file, base64::engine::general_purpose::STANDARD.decode(picture).unwrap()).unwrap();
    file
}

impl Browser {
    /// Keeps a picture of the whole page as `target/screenshots/NAME.png`.
    pub fn screenshot(&self, name: &str) -> PathBuf {
        let size = self.driver.command("Page.getLayoutMetrics", &json!({}))["cssContentSize"].take();
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let how = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let made = self.driver.command("Page.captureScreenshot", &how);
        keep(name, made["data"].as_str().unwrap())
    }

    /// The size of what shows the page, in pixels of its own.
    pub fn size(&self, width: u32, height: u32) {
        let how = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.driver.command("Emulation.setDeviceMetricsOverride", &how);
    }

    /// Whether the page is wider than what shows it, so that it must be moved sideways to be read.
    pub fn is_too_wide(&self) -> bool {
        let root = "document.documentElement";
        self.run(&format!("return {root}.scrollWidth > {root}.clientWidth"), &json!([])) == Value::Bool(true)
    }

    /// The colours that the reader is said to prefer: `dark` or `light`.
    pub fn colours(&self, prefer: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": prefer }]);
        self.driver.command("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// The language that pages which are loaded in this tab from now on are asked for in.
    pub fn accept_language(&self, code: &str) {
        self.driver.command("Network.enable", &json!({}));
        let headers = json!({ "headers": { "Accept-Language": code } });
        self.driver.command("Network.setExtraHTTPHeaders", &headers);
    }

    /// Whether pages that are loaded in this tab from now on may run scripts.
    pub fn scripts(&self, may_run: bool) {
        self.driver.command("Emulation.setScriptExecutionDisabled", &json!({ "value": !may_run }));
    }
}
