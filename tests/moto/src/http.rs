//! As much of HTTP/1.1 as an SDK and moto speak to each other.
//!
//! By hand, since the SDK's own client lacks the server half, and giving it that feature would
//! compile all of the SDK for a second time.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;

/// A request or an answer, with its whole body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The first line, as in `POST / HTTP/1.1` or `HTTP/1.1 200 OK`.
    pub start: String,
    /// The headers in their order. Those with the length of the body are replaced when the message is written.
    pub headers: Vec<(String, String)>,
    /// The body, without what it was wrapped in on its way.
    pub body: Vec<u8>,
}

impl Message {
    /// Reads a request; `None` if the client sends no more.
    pub(crate) fn read_request(from: &mut impl BufRead) -> Result<Option<Self>> {
        let Some(mut request) = Self::read_head(from)? else { return Ok(None) };
        request.read_body(from, Some(0))?;
        Ok(Some(request))
    }

    /// Reads the answer to `request`.
    pub(crate) fn read_answer(from: &mut impl BufRead, request: &Self) -> Result<Self> {
        let mut answer = Self::read_head(from)?.ok_or_else(|| Error::from(ErrorKind::UnexpectedEof))?;
        if request.method() != "HEAD" && !matches!(answer.status(), 100..200 | 204 | 304) {
            answer.read_body(from, None)?;
        }
        Ok(answer)
    }

    fn read_head(from: &mut impl BufRead) -> Result<Option<Self>> {
        let Some(start) = line(from)? else { return Ok(None) };
        let mut message = Self { start, ..Self::default() };
        loop {
            let line = line(from)?.ok_or_else(|| Error::from(ErrorKind::UnexpectedEof))?;
            match line.split_once(':') {
                Some((name, value)) => message.headers.push((name.to_owned(), value.trim().to_owned())),
                None => return Ok(Some(message)),
            }
        }
    }

    /// Reads the body: as long as the headers say, else `otherwise`, else to the end.
    fn read_body(&mut self, from: &mut impl BufRead, otherwise: Option<u64>) -> Result<()> {
        let invalid = |error| Error::new(ErrorKind::InvalidData, error);
        if self.header("transfer-encoding").is_some_and(|encoding| encoding.eq_ignore_ascii_case("chunked")) {
            self.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("transfer-encoding"));
            loop {
                let size = line(from)?.unwrap_or_default();
                let size = size.split(';').next().unwrap_or_default();
                let size = u64::from_str_radix(size.trim(), 16).map_err(invalid)?;
                from.take(size).read_to_end(&mut self.body)?;
                line(from)?;
                if size == 0 {
                    return Ok(());
                }
            }
        }
        match self.header("content-length").map(str::parse).transpose().map_err(invalid)?.or(otherwise) {
            Some(length) => from.take(length).read_to_end(&mut self.body)?,
            None => from.read_to_end(&mut self.body)?,
        };
        Ok(())
    }

    /// Writes the message; its length is that of its body.
    pub(crate) fn write(&self, to: &mut impl Write) -> Result<()> {
        let mut bytes = format!("{}\r\n", self.start).into_bytes();
        // The answer to HEAD says how long the body would be.
        let keep_length = self.body.is_empty();
        for (name, value) in &self.headers {
            if keep_length || !name.eq_ignore_ascii_case("content-length") {
                bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
            }
        }
        if !keep_length || (self.header("content-length").is_none() && self.status() != 204) {
            bytes.extend_from_slice(format!("content-length: {}\r\n", self.body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        to.write_all(&bytes)?;
        to.flush()
    }

    /// Returns the value of a header, ignoring the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The method of a request.
    pub fn method(&self) -> &str {
        self.start.split(' ').next().unwrap_or_default()
    }

    /// The status of an answer; 0 of a request.
    pub fn status(&self) -> u16 {
        self.start.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    /// Returns the operation of a request, as in `CreateVpc`, or `PUT /bucket?tagging` if the protocol has no name for
    /// it.
    pub fn operation(&self) -> String {
        if let Some(target) = self.header("x-amz-target") {
            return target.rsplit('.').next().unwrap_or(target).to_owned();
        }
        let body = String::from_utf8_lossy(&self.body);
        match body.split('&').find_map(|field| field.strip_prefix("Action=")) {
            Some(action) => action.to_owned(),
            None => self.start.rsplit_once(' ').map_or_else(String::new, |(request, _)| request.to_owned()),
        }
    }

    /// Returns whether a request may change something.
    pub fn changes(&self) -> bool {
        let operation = self.operation();
        !["Describe", "Get", "Head", "List", "GET ", "HEAD "].iter().any(|prefix| operation.starts_with(prefix))
    }

    fn closes(&self) -> bool {
        self.start.starts_with("HTTP/1.0")
            || self.header("connection").is_some_and(|it| it.eq_ignore_ascii_case("close"))
    }
}

/// A line without its end; none at the end of the stream.
fn line(from: &mut impl BufRead) -> Result<Option<String>> {
    let mut line = String::new();
    let length = from.read_line(&mut line)?;
    Ok((length > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// A connection to a server that is kept as long as the server keeps it.
#[derive(Debug)]
pub(crate) struct Connection {
    address: String,
    open: Option<BufReader<TcpStream>>,
}

impl Connection {
    /// To `address`, as in `127.0.0.1:5000`. Nothing is opened yet.
    pub(crate) fn to(address: &str) -> Self {
        Self { address: address.to_owned(), open: None }
    }

    /// Asks, once.
    pub(crate) fn ask(&mut self, request: &Message) -> Result<Message> {
        let mut stream = match self.open.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.address)?;
                stream.set_nodelay(true)?;
                BufReader::new(stream)
            }
        };
        request.write(stream.get_mut())?;
        let answer = Message::read_answer(&mut stream, request)?;
        if !answer.closes() {
            self.open = Some(stream);
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunked_answer_arrives_whole_and_goes_on_with_its_length() {
        let wire = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\n3\r\npaw\r\n0\r\n\r\nnext";
        let mut wire = wire.as_bytes();
        let answer = Message::read_answer(&mut wire, &Message::default()).unwrap();
        assert_eq!((answer.body.as_slice(), wire), (b"wikipaw".as_slice(), b"next".as_slice()));
        let mut written = Vec::new();
        answer.write(&mut written).unwrap();
        assert_eq!(written, b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nwikipaw");
    }

    #[test]
    fn the_answer_to_head_keeps_the_length_of_the_body_that_it_does_not_have() {
        let wire = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n";
        let request = Message { start: "HEAD /bucket HTTP/1.1".into(), ..Message::default() };
        let answer = Message::read_answer(&mut wire.as_slice(), &request).unwrap();
        let mut written = Vec::new();
        answer.write(&mut written).unwrap();
        assert_eq!(written, wire);
    }

    #[test]
    fn a_request_is_named_by_what_its_protocol_says() {
        let request = |start: &str, target: Option<&str>, body: &str| Message {
            start: start.into(),
            headers: target.map(|target| ("X-Amz-Target".to_owned(), target.to_owned())).into_iter().collect(),
            body: body.into(),
        };
        let query = request("POST / HTTP/1.1", None, "Action=CreateVpc&Version=2016-11-15");
        assert_eq!(query.operation(), "CreateVpc");
        assert_eq!(request("POST / HTTP/1.1", Some("TrentService.CreateKey"), "{}").operation(), "CreateKey");
        assert_eq!(request("PUT /media?tagging HTTP/1.1", None, "<Tagging/>").operation(), "PUT /media?tagging");
    }
}
