//! What answers at the address is no license server of ours.

use client::{Client, Error, Options, Server, Servers, StatusQuery, TokenFolder, TrustPolicy, status};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// What a strange server does with a connection.
#[derive(Debug, Clone, Copy)]
enum Habit {
    Close,
    Say(&'static [u8]),
    KeepSilent,
}

async fn strange(habit: Habit) -> std::io::Result<Server> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut first = [0; 16];
                let read = stream.read(&mut first).await;
                match habit {
                    Habit::Close => {}
                    // The other side may be gone already.
                    Habit::Say(words) => drop(stream.write_all(words).await),
                    Habit::KeepSilent => std::future::pending().await,
                }
                drop(read);
            });
        }
    });
    Server::new("127.0.0.1", port).map_err(std::io::Error::other)
}

fn options() -> Options {
    Options { tokens: TokenFolder::Nowhere, ..Options::new(TrustPolicy::Unverified) }
}

#[tokio::test]
async fn flexnets_lmgrd_and_others_are_recognised_and_said() {
    for (habit, what) in [
        (Habit::Close, "lmgrd"),
        (Habit::Say(b"W\0\0\0lmgrd\0\0\0\0\0\0\0"), "lmgrd"),
        (Habit::KeepSilent, "lmgrd"),
        (Habit::Say(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "web server"),
        (Habit::Say(b"\x15\x03\x01\0\x02\x02\x46"), "TLS"),
    ] {
        let server = strange(habit).await.unwrap();
        let by_session = Client::connect(&Servers::one(server.clone()), options()).await.err();
        let by_status = status(&[server], &StatusQuery::default()).await.err();
        for error in [by_session, by_status] {
            let error = error.expect("this is no server of ours");
            assert!(error.to_string().contains(what), "{habit:?}: {error}");
            assert!(error.is_foreign_server(), "{habit:?}: {error}");
            assert!(error.remedy().contains("SEATKEEPER_LICENSE_FILE"));
        }
    }
}

#[tokio::test]
async fn nobody_there_is_told_by_server() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::new("127.0.0.1", listener.local_addr().unwrap().port()).unwrap();
    drop(listener);
    let error = Client::connect(&Servers::one(server.clone()), options()).await.unwrap_err();
    assert_eq!(error.code().number(), -15);
    assert!(error.to_string().contains(&server.to_string()), "{error}");
    assert!(matches!(&error, Error::Unreachable { tried } if tried[0].os_error == Some(111)), "{error:?}");
    let unnamed = Server::new("no-such-host.invalid", 27000).unwrap();
    let error = Client::connect(&Servers::one(unnamed), options()).await.unwrap_err();
    assert_eq!(error.code().number(), -96);
}
