package server

import "github.com/citizens-portal/portal/backend/portal"

// notice is the SMS that goes with an event. It carries the code and what to
// do, never what the complaint is about: phones are shared and lost. It must not
// hold a run of six digits, which is how people find the one-time password.
func notice(action portal.Action, code portal.Code) portal.Text {
	// U+200E keeps the code in order inside right-to-left text.
	c := "\u200e" + string(code) + "\u200e"
	switch action {
	case portal.ActAsk:
		return portal.Text{
			EN: "Citizen's Portal: the office has a question about " + c + ". Open the app to answer.",
			UR: "سٹیزن پورٹل: دفتر نے " + c + " کے بارے میں سوال پوچھا ہے۔ جواب کے لیے ایپ کھولیں۔",
			PS: "د وګړو پورټل: دفتر د " + c + " په اړه پوښتنه لري. د ځواب لپاره اپلېکېشن پرانيزئ.",
		}
	case portal.ActPropose:
		return portal.Text{
			EN: "Citizen's Portal: the office says " + c + " is solved. Open the app and say yes or no.",
			UR: "سٹیزن پورٹل: دفتر کے مطابق " + c + " حل ہو گئی ہے۔ ایپ کھول کر ہاں یا نہیں کہیں۔",
			PS: "د وګړو پورټل: دفتر وايي چې " + c + " حل شو. اپلېکېشن پرانيزئ او هو یا نه ووایئ.",
		}
	case portal.ActInvalidate:
		return portal.Text{
			EN: "Citizen's Portal: " + c + " was not accepted. Open the app for the reason and how to appeal.",
			UR: "سٹیزن پورٹل: " + c + " قبول نہیں ہوئی۔ وجہ اور اپیل کے لیے ایپ کھولیں۔",
			PS: "د وګړو پورټل: " + c + " ونه منل شو. د دلیل او اپیل لپاره اپلېکېشن پرانيزئ.",
		}
	case portal.ActReveal:
		return portal.Text{
			EN: "Citizen's Portal: an officer opened your name and number for " + c + ". Open the app to see who and why.",
			UR: "سٹیزن پورٹل: ایک افسر نے " + c + " کے لیے آپ کا نام اور نمبر دیکھا ہے۔ ایپ میں دیکھیں کس نے اور کیوں۔",
			PS: "د وګړو پورټل: یوه افسر د " + c + " لپاره ستاسو نوم او شمېره وکتل. په اپلېکېشن کې وګورئ چا او ولې.",
		}
	case portal.ActSilence:
		return portal.Text{
			EN: "Citizen's Portal: " + c + " was closed because no answer came. You can open it again in the app.",
			UR: "سٹیزن پورٹل: جواب نہ آنے پر " + c + " بند ہو گئی۔ آپ ایپ میں دوبارہ کھول سکتے ہیں۔",
			PS: "د وګړو پورټل: ځواب رانغی، نو " + c + " وتړل شو. په اپلېکېشن کې یې بیا پرانیستلای شئ.",
		}
	}
	return portal.Text{
		EN: "Citizen's Portal: " + c + " was sent to a higher office because its time ran out.",
		UR: "سٹیزن پورٹل: وقت پورا ہونے پر " + c + " اعلیٰ دفتر کو بھیج دی گئی ہے۔",
		PS: "د وګړو پورټل: وخت پوره شو، نو " + c + " لوړ دفتر ته ولېږل شو.",
	}
}
