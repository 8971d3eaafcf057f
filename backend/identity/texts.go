package identity

import (
	"fmt"

	"github.com/citizens-portal/portal/backend/portal"
)

// The texts of SMS. They say nothing about complaints, and the OTP is the only
// run of six digits in them, in ASCII, so that phones and scripts find it. The
// translations wait for a native reader (Reviewed is false).

// otpText carries the one-time password.
func otpText(lang, otp string) string {
	t := portal.Text{
		EN: "Citizen's Portal: your code is %s. It works for 5 minutes. Tell it to nobody.",
		UR: "سٹیزن پورٹل: آپ کا کوڈ %s ہے۔ یہ 5 منٹ تک چلے گا۔ کسی کو نہ بتائیں۔",
		PS: "د وګړو پورټل: ستاسو کوډ %s دی. تر 5 دقیقو پورې کار کوي. چا ته یې مه وایئ.",
	}
	return fmt.Sprintf(t.In(lang), otp)
}

// unknownText goes to a number that asked to sign in and has no account: only
// its owner learns that.
func unknownText(lang string) string {
	return portal.Text{
		EN: "Citizen's Portal: somebody wanted to sign in with this number, but it has no account yet. If it was you, choose Register.",
		UR: "سٹیزن پورٹل: اس نمبر سے لاگ ان کی کوشش ہوئی مگر اس کا اکاؤنٹ نہیں ہے۔ اگر یہ آپ تھے تو رجسٹر کریں۔",
		PS: "د وګړو پورټل: په دې شمېره د ننوتلو هڅه وشوه، خو حساب نه لري. که تاسو وئ، نوم\u200cلیکنه وکړئ.",
	}.In(lang)
}

// deskAccountText tells the owner of a number that a desk opened an account with
// it.
func deskAccountText() portal.Text {
	return portal.Text{
		EN: "Citizen's Portal: an office opened an account with this number. If you did not ask for it, choose Register in the portal: the number is then yours.",
		UR: "سٹیزن پورٹل: ایک دفتر نے اس نمبر سے اکاؤنٹ کھولا ہے۔ اگر آپ نے نہیں کہا تھا تو پورٹل میں رجسٹر کریں، پھر نمبر آپ کا ہو گا۔",
		PS: "د وګړو پورټل: یوه دفتر په دې شمېره حساب پرانیست. که تاسو نه و غوښتی، په پورټل کې نوم\u200cلیکنه وکړئ، بیا به شمېره ستاسو وي.",
	}
}

// newDeviceText warns the owner of a number of a sign-in on a new device.
func newDeviceText() portal.Text {
	return portal.Text{
		EN: "Citizen's Portal: a new device has signed in to your account. If it was not you, open the portal on your old device and remove it under Devices.",
		UR: "سٹیزن پورٹل: آپ کے اکاؤنٹ میں نئے آلے سے لاگ ان ہوا ہے۔ اگر یہ آپ نہیں تھے تو پرانے آلے پر پورٹل کھول کر اسے ہٹا دیں۔",
		PS: "د وګړو پورټل: ستاسو حساب ته له نوې وسیلې ننوتل وشول. که دا تاسو نه وئ، په زړه وسیله کې یې لرې کړئ.",
	}
}
