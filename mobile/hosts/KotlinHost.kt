import io.github.citizensportal.mobile.Change
import io.github.citizensportal.mobile.Listener
import io.github.citizensportal.mobile.Mobile
import io.github.citizensportal.mobile.Options
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.system.exitProcess

/** A program in Kotlin on the binding: it opens what the one in Java left, and listens. */
fun main(args: Array<String>) {
    try {
        run(args[0], args[1], args[2])
    } catch (t: Throwable) {
        t.printStackTrace()
        exitProcess(1)
    }
    exitProcess(0) // Go's threads would keep the machine from ending
}

private fun run(server: String, dir: String, code: String) {
    val portal = Mobile.open(Options().apply {
        this.dir = dir
        this.server = server
        client = "mobile-check/1.0"
    })
    val page = portal.complaints().list(Mobile.ListOpen, 0, "")
    val complaint = (0 until page.complaints.len()).map { page.complaints.get(it) }.single { it.code == code }
    check("read back: ${complaint.code}, ${complaint.holder.`in`("en")}", complaint.status.isNotEmpty())

    val answered = CountDownLatch(1)
    val done = CountDownLatch(1)
    val job = portal.sync().start(object : Listener {
        override fun onChange(change: Change) {
            if (change.complaints.has(complaint.id) && portal.sync().outbox().len() == 0L) answered.countDown()
        }

        override fun onError(code: Long, message: String) = System.err.println("sync ended: $code $message")

        override fun onDone() = done.countDown()
    })
    val words = "Children cross it every day."
    portal.complaints().message(complaint.id, words)
    check("the listener heard of the server's answer", answered.await(20, TimeUnit.SECONDS))
    val timeline = portal.complaints().timeline(complaint.code, 10_000)
    check("the message is in the timeline", (0 until timeline.events.len()).any { timeline.events.get(it).text == words })
    job.cancel()
    check("the job ended", done.await(20, TimeUnit.SECONDS))
    portal.close()
}

private fun check(what: String, ok: Boolean) {
    if (!ok) throw AssertionError(what)
    println("kotlin: $what")
}
