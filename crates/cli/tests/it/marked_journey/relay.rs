//! The mail server that listens to what leaves.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A mail server that takes everything and remembers every line that was said to it.
pub struct Relay {
    pub port: u16,
    said: Arc<Mutex<String>>,
}

impl Relay {
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let said = Arc::<Mutex<String>>::default();
        let heard = Arc::clone(&said);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let heard = Arc::clone(&heard);
                // A server that goes away in the middle is no error here.
                std::thread::spawn(move || listen(stream, &heard).ok());
            }
        });
        Self { port, said }
    }

    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// The token of the newest link that was mailed.
    pub fn link(&self) -> String {
        for _ in 0..200 {
            let said = self.said();
            if let Some((_, rest)) = said.rsplit_once("/r/") {
                return rest.lines().next().unwrap().trim().to_owned();
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("no mail with a link left: {}", self.said());
    }
}

fn listen(mut stream: TcpStream, heard: &Mutex<String>) -> std::io::Result<()> {
    stream.write_all(b"220 relay\r\n")?;
    let mut in_mail = false;
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = line?;
        heard.lock().unwrap().extend([line.as_str(), "\n"]);
        let answer: &[u8] = match line.get(..4) {
            _ if in_mail && line != "." => continue,
            Some("DATA") => b"354 go\r\n",
            Some("QUIT") => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        };
        in_mail = line == "DATA";
        stream.write_all(answer)?;
    }
    Ok(())
}
