//! A proxy in front of a moto: it writes down what passes, and loses, refuses and fails some of it
//! under a seed.

use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Moto;
use crate::dice::Dice;
use crate::http::{Connection, Message};

/// Stands between clients and a moto, on a port of its own.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    address: String,
    url: String,
}

#[derive(Debug)]
struct Shared {
    upstream: String,
    started: Instant,
    closed: AtomicBool,
    in_flight: AtomicUsize,
    arrived: AtomicUsize,
    holding: AtomicUsize,
    traffic: Mutex<Traffic>,
}

#[derive(Debug, Default)]
struct Traffic {
    faults: Option<(Faults, Dice)>,
    held: Option<(Hold, String)>,
    refused: Option<(String, String)>,
    exchanges: Vec<Exchange>,
}

/// The frequency of faults, in percent of the calls that change something. Other calls are hit a fifth as often:
/// reading one resource takes up to ten of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Decides which calls are hit.
    pub seed: u64,
    /// The call has its effect, and the connection is closed instead of an answer.
    pub lost: u32,
    /// The call has its effect, and the answer is an internal error.
    pub failed: u32,
    /// The call has no effect: too many requests, or the service is not available.
    pub refused: u32,
}

/// The part of an exchange that waits in the proxy, so that a client can be killed meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// The request: it never has its effect.
    Request,
    /// The answer, after the effect.
    Answer,
}

/// The fault of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No answer, after the effect.
    Lost,
    /// An internal error, after the effect.
    Failed,
    /// Refused because of too many requests.
    Throttled,
    /// Refused because the service is not available.
    Unavailable,
}

/// A request with its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The request of the client.
    pub request: Message,
    /// The answer of moto; empty if no request was sent to it.
    pub answer: Message,
    /// The time at which the request had arrived, since the start of the proxy.
    pub asked: Duration,
    /// The time at which the answer was about to be passed on, since the start of the proxy.
    pub answered: Duration,
    /// The fault, if any.
    pub fault: Option<Fault>,
}

impl Proxy {
    /// A proxy in front of `moto` that passes everything on.
    ///
    /// # Panics
    /// Where the loopback interface has no free port.
    pub fn start(moto: &Moto) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback interface has a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let shared = Arc::new(Shared {
            upstream: moto.address().to_owned(),
            started: Instant::now(),
            closed: AtomicBool::new(false),
            in_flight: AtomicUsize::new(0),
            arrived: AtomicUsize::new(0),
            holding: AtomicUsize::new(0),
            traffic: Mutex::default(),
        });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.closed.load(Ordering::Relaxed) {
                    break;
                }
                let serving = Arc::clone(&serving);
                // A client that is gone, or a moto that has ended, ends the connection.
                std::thread::spawn(move || stream.and_then(|stream| serving.serve(stream)));
            }
        });
        let url = format!("http://{address}");
        Self { shared, address, url }
    }

    /// Returns the address at which it listens, as in `http://127.0.0.1:5000`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Lets things go wrong from now on.
    pub fn disturb(&self, faults: Faults) {
        self.shared.traffic().faults = Some((faults, Dice::new(faults.seed)));
    }

    /// Holds each request of this operation, or its answer, until [`calm`](Self::calm); then the
    /// connection is closed.
    pub fn hold(&self, hold: Hold, operation: &str) {
        self.shared.traffic().held = Some((hold, operation.to_owned()));
    }

    /// Refuses each request of this operation with this code, until [`calm`](Self::calm).
    pub fn refuse(&self, operation: &str, code: &str) {
        self.shared.traffic().refused = Some((operation.to_owned(), code.to_owned()));
    }

    /// Returns the number of exchanges that it holds now.
    pub fn holding(&self) -> usize {
        self.shared.holding.load(Ordering::SeqCst)
    }

    /// Passes everything on from now on.
    pub fn calm(&self) {
        let mut traffic = self.shared.traffic();
        (traffic.faults, traffic.held, traffic.refused) = (None, None, None);
    }

    /// Returns the number of requests that have arrived.
    pub fn arrived(&self) -> usize {
        self.shared.arrived.load(Ordering::SeqCst)
    }

    /// Waits until all requests are answered and no more arrive, regardless of the clients.
    ///
    /// # Panics
    /// Panics if that takes more than a minute.
    pub fn settle(&self) {
        const QUIET: Duration = Duration::from_millis(20);
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut quiet = Instant::now();
        while quiet.elapsed() < QUIET {
            assert!(Instant::now() < deadline, "moto does not answer");
            std::thread::sleep(Duration::from_millis(2));
            if self.shared.in_flight.load(Ordering::SeqCst) > 0 {
                quiet = Instant::now();
            }
        }
    }

    /// Returns the exchanges since the last call, in the order of the answers.
    pub fn take_exchanges(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.shared.traffic().exchanges)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Relaxed);
        // The thread that accepts connections wakes up with this one.
        let _ = TcpStream::connect(&self.address);
    }
}

impl Shared {
    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves one client until it has nothing more to ask, or an answer is lost.
    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut client = BufReader::new(stream);
        let mut moto = Connection::to(&self.upstream);
        while let Some(request) = Message::read_request(&mut client)? {
            self.in_flight.fetch_add(1, Ordering::SeqCst);
            self.arrived.fetch_add(1, Ordering::SeqCst);
            let answer = self.exchange(request, &mut moto);
            self.in_flight.fetch_sub(1, Ordering::SeqCst);
            match answer? {
                Some(answer) => answer.write(client.get_mut())?,
                None => break,
            }
        }
        Ok(())
    }

    /// Returns the answer for the client; `None` if it is lost.
    fn exchange(&self, request: Message, moto: &mut Connection) -> std::io::Result<Option<Message>> {
        let asked = self.started.elapsed();
        let refused = self.traffic().refused.clone().filter(|(operation, _)| request.operation() == *operation);
        if let Some((_, code)) = refused {
            return Ok(Some(error(&request, 400, [&code; 3])));
        }
        let fault = self.traffic().faults.as_mut().and_then(|(faults, dice)| faults.next(dice, request.changes()));
        let refused = matches!(fault, Some(Fault::Throttled | Fault::Unavailable));
        if self.waited(Hold::Request, &request) {
            return Ok(None);
        }
        let answer = if refused { Message::default() } else { moto.ask(&request)? };
        let passed_on = match fault {
            None => Some(answer.clone()),
            Some(Fault::Lost) => None,
            Some(Fault::Failed) => Some(error(&request, 500, ["InternalFailure"; 3])),
            Some(Fault::Throttled) => {
                Some(error(&request, 400, ["RequestLimitExceeded", "Throttling", "ThrottlingException"]))
            }
            Some(Fault::Unavailable) => {
                Some(error(&request, 503, ["Unavailable", "ServiceUnavailable", "ServiceUnavailable"]))
            }
        };
        let answered = self.started.elapsed();
        let held = self.waited(Hold::Answer, &request);
        self.traffic().exchanges.push(Exchange { request, answer, asked, answered, fault });
        Ok(passed_on.filter(|_| !held))
    }

    /// Waits as long as this is held; whether it was.
    fn waited(&self, hold: Hold, request: &Message) -> bool {
        let is_held = || {
            let held = self.traffic().held.clone();
            held.is_some_and(|(at, operation)| at == hold && request.operation() == operation)
        };
        if !is_held() {
            return false;
        }
        self.holding.fetch_add(1, Ordering::SeqCst);
        while is_held() && !self.closed.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.holding.fetch_sub(1, Ordering::SeqCst);
        true
    }
}

impl Faults {
    fn next(&self, dice: &mut Dice, changes: bool) -> Option<Fault> {
        let roll = dice.below(if changes { 100 } else { 500 });
        let (lost, failed) = (self.lost, self.lost + self.failed);
        let refused = failed + self.refused;
        match u32::try_from(roll).unwrap_or_default() {
            roll if roll < lost => Some(Fault::Lost),
            roll if roll < failed => Some(Fault::Failed),
            roll if roll >= refused => None,
            roll if roll % 2 == 0 => Some(Fault::Throttled),
            _ => Some(Fault::Unavailable),
        }
    }
}

/// An error in the protocol of `request`, with the code that EC2, the other services of the query
/// protocol and S3, and those of the JSON protocol give it.
fn error(request: &Message, status: u16, [ec2, xml, json]: [&str; 3]) -> Message {
    const MESSAGE: &str = "The proxy in front of moto says so.";
    let version = String::from_utf8_lossy(&request.body).contains("Version=2016-11-15");
    let (kind, body) = if request.header("x-amz-target").is_some() {
        ("application/x-amz-json-1.1", format!(r#"{{"__type":"{json}","message":"{MESSAGE}"}}"#))
    } else if version {
        let error = format!("<Error><Code>{ec2}</Code><Message>{MESSAGE}</Message></Error>");
        ("text/xml", format!("<Response><Errors>{error}</Errors><RequestID>proxy</RequestID></Response>"))
    } else if request.method() == "POST" {
        let error = format!("<Error><Type>Sender</Type><Code>{xml}</Code><Message>{MESSAGE}</Message></Error>");
        ("text/xml", format!("<ErrorResponse>{error}<RequestId>proxy</RequestId></ErrorResponse>"))
    } else {
        ("application/xml", format!("<Error><Code>{xml}</Code><Message>{MESSAGE}</Message></Error>"))
    };
    Message {
        start: format!("HTTP/1.1 {status} Error"),
        headers: vec![("content-type".to_owned(), kind.to_owned())],
        body: if request.method() == "HEAD" { Vec::new() } else { body.into_bytes() },
    }
}
